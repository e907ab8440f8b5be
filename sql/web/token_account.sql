-- name: token_account(token_hash)^
-- At most one row: whose token this is, if it is in force.
SELECT
    account_id,
    account,
    role
FROM web.api_token
WHERE token_hash = :token_hash;
