-- name: compare_with_stored()^
-- One row: how many staged orders say what is registered (101 = 101.0), and how many say something else.
SELECT
    count(*) FILTER (WHERE is_same) AS same,
    count(*) FILTER (WHERE NOT is_same) AS different
FROM (
    SELECT
        (s.user_id, s.product, s.quantity, s.amount, s.status, s.created_at)
        = (r.user_id, r.product, r.quantity, r.amount, r.status, r.created_at) AS is_same
    FROM staged_order AS s
    INNER JOIN raw_orders AS r ON s.order_id = r.order_id AND s.version = r.version
) AS compared;
