-- name: delete_day(day)
-- One row per product of the day, and its total: what was computed before.
DELETE FROM daily_sales
WHERE sales_date = :day
RETURNING product, orders, customers, quantity, gross, cancelled, net;
