-- name: newest_change()$
-- The newest date on which a contract was opened or closed; null before the first.
SELECT greatest(
    (SELECT max(opened_on) FROM contract),
    (SELECT max(valid_to) FROM contract)
);
