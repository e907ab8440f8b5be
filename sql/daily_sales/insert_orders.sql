-- name: insert_orders()!
-- One row per staged version of an order that is not registered yet; the first in file order wins.
INSERT INTO raw_orders (order_id, version, user_id, product, quantity, amount, status, created_at)
SELECT
    order_id,
    version,
    user_id,
    product,
    quantity,
    trim_scale(amount),
    status,
    created_at
FROM staged_order
ORDER BY file_no, line_no
ON CONFLICT (order_id, version) DO NOTHING;
