-- name: account_of_token(token_hash)^
-- At most one row: whose token this is, if it is in force.
SELECT
    id,
    name,
    role
FROM access.account_of_token(:token_hash);
