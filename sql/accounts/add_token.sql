-- name: add_token(account_name, token_name, token_hash, days)!
-- One row, or none if nobody has the account's name; days null: in force until it is revoked.
INSERT INTO access.api_token (account_id, name, token_hash, expires_at)
SELECT
    id,
    :token_name,
    :token_hash,
    now() + make_interval(days => :days)
FROM access.account
WHERE name = :account_name;
