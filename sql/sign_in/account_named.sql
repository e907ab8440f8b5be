-- name: account_named(account_name)^
-- At most one row: the account that signs in by this name.
SELECT
    id,
    name,
    role,
    password_hash
FROM access.account_named(:account_name);
