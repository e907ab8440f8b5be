-- name: counted_once(day, starts_at, ends_at)
-- Complaints: the day counts exactly the orders whose newest version lies on it, so none counts on two days.
-- Materialized: counted once, although it is compared and told.
WITH newest_here AS MATERIALIZED (
    SELECT count(*) AS due
    FROM raw_orders AS newest
    WHERE
        newest.created_at >= :starts_at
        AND newest.created_at < :ends_at
        AND NOT EXISTS (
            SELECT 1
            FROM raw_orders AS newer
            WHERE newer.order_id = newest.order_id AND newer.version > newest.version
        )
)

SELECT
    format(
        'sales of %%s: counted %%s orders, but %%s have their newest version on that day',
        :day, total.orders, newest_here.due
    ) AS complaint
FROM newest_here
LEFT JOIN daily_sales_total AS total ON total.sales_date = :day
WHERE total.orders IS DISTINCT FROM newest_here.due;
