-- name: list_tokens()
-- One row per token that was ever made, the newest last.
SELECT
    token.id,
    account.name AS account,
    token.name,
    token.created_at,
    token.revoked_at,
    token.expires_at,
    coalesce(token.expires_at <= now(), false) AS has_expired
FROM access.api_token AS token
INNER JOIN access.account ON token.account_id = account.id
ORDER BY token.id;
