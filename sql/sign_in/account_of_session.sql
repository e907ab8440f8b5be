-- name: account_of_session(token_hash)^
-- At most one row: whose session this is, if it has not ended.
SELECT
    id,
    name,
    role
FROM access.account_of_session(:token_hash);
