-- name: late_sales()^
-- One row: the computed sales dates that got orders since, ascending.
SELECT coalesce(array_agg(sales_date ORDER BY sales_date), '{}') AS sales_dates
FROM web.late_sales_date;
