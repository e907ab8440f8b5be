-- Until when a token of the API is in force.

ALTER TABLE api_token ADD COLUMN expires_at timestamptz;
COMMENT ON COLUMN api_token.expires_at IS 'From then on it is refused; null: in force until it is revoked.';

CREATE OR REPLACE VIEW web.api_token AS
SELECT
    token.id,
    token.name,
    token.token_hash,
    token.account_id,
    account.name AS account,
    account.role
FROM public.api_token AS token
INNER JOIN public.account AS account ON token.account_id = account.id
WHERE
    token.revoked_at IS NULL
    AND (token.expires_at IS NULL OR token.expires_at > now());
