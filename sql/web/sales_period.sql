-- name: sales_period()^
-- One row: the first and the last sales date that was computed.
SELECT
    min(sales_date) AS first_date,
    max(sales_date) AS last_date
FROM web.daily_sales;
