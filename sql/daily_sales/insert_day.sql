-- name: insert_day(day, starts_at, ends_at)
-- One row per product of the day, and one for all of them, also of a day without orders. The newest version of
-- an order says all of it, also its day.
WITH touching AS (
    SELECT DISTINCT order_id
    FROM raw_orders
    WHERE created_at >= :starts_at AND created_at < :ends_at
),

-- LATERAL: each order is looked up by its key, however large the table is.
ranked AS (
    SELECT held.*
    FROM touching
    CROSS JOIN LATERAL (
        SELECT
            v.user_id,
            v.product,
            v.quantity,
            v.amount,
            v.status,
            v.created_at,
            row_number() OVER (PARTITION BY v.order_id ORDER BY v.version DESC) AS age
        FROM raw_orders AS v
        WHERE v.order_id = touching.order_id
    ) AS held
),

day_order AS (
    SELECT
        user_id,
        product,
        quantity,
        amount,
        CASE WHEN status = 'cancelled' THEN amount ELSE 0 END AS cancelled
    FROM ranked
    WHERE age = 1 AND created_at >= :starts_at AND created_at < :ends_at
)

INSERT INTO daily_sales (sales_date, product, orders, customers, quantity, gross, cancelled, net)
SELECT
    :day,
    product,
    count(*),
    count(DISTINCT user_id),
    coalesce(sum(quantity), 0),
    trim_scale(coalesce(sum(amount), 0)),
    trim_scale(coalesce(sum(cancelled), 0)),
    trim_scale(coalesce(sum(amount - cancelled), 0))
FROM day_order
GROUP BY GROUPING SETS ((product), ())
RETURNING product, orders, customers, quantity, gross, cancelled, net;
