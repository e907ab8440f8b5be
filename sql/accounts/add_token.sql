-- name: add_token(account_name, token_name, token_hash)!
-- One row, or none if nobody has the account's name.
INSERT INTO api_token (account_id, name, token_hash)
SELECT
    id,
    :token_name,
    :token_hash
FROM account
WHERE name = :account_name;
