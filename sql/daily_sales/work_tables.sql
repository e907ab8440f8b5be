-- name: work_tables()#
-- The table that orders are staged in; it vanishes with the transaction.
-- file_no and line_no: the order in which the first of two repeats wins
CREATE TEMP TABLE staged_order (
    file_no integer NOT NULL,
    line_no bigint NOT NULL,
    order_id bigint NOT NULL,
    version integer NOT NULL,
    user_id bigint NOT NULL,
    product text NOT NULL,
    quantity integer NOT NULL,
    amount numeric NOT NULL,
    status text NOT NULL,
    created_at timestamptz NOT NULL
) ON COMMIT DROP;
