-- name: list_conflicts(most)
-- One row per staged order that repeats a registered version with other content, in file order.
SELECT
    s.file_no,
    s.line_no
FROM staged_order AS s
INNER JOIN raw_orders AS r ON s.order_id = r.order_id AND s.version = r.version
WHERE
    (s.user_id, s.product, s.quantity, s.amount, s.status, s.created_at)
    <> (r.user_id, r.product, r.quantity, r.amount, r.status, r.created_at)
ORDER BY s.file_no, s.line_no
LIMIT :most;
