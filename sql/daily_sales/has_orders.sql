-- name: has_orders()$
-- One value: whether there is any order.
SELECT count(*) > 0
FROM (
    SELECT 1
    FROM raw_orders
    LIMIT 1
) AS one;
