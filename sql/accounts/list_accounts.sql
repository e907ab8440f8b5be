-- name: list_accounts()
-- One row per account, by name.
SELECT
    name,
    role,
    created_at
FROM access.account
ORDER BY name;
