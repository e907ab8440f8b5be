-- name: account_by_id(account_id)^
-- At most one row: the account of a session.
SELECT
    id,
    name,
    role,
    password_hash
FROM web.account
WHERE id = :account_id;
