-- name: account_by_name(account_name)^
-- At most one row: the account that signs in by this name.
SELECT
    id,
    name,
    role,
    password_hash
FROM web.account
WHERE name = :account_name;
