-- name: work_tables()#
-- The table that the records of a document are staged in, each as its text; it vanishes with the transaction.
CREATE TEMP TABLE IF NOT EXISTS staged_record (
    n bigint NOT NULL,
    line bigint NOT NULL,
    body text NOT NULL
) ON COMMIT DROP;
