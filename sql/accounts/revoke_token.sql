-- name: revoke_token(token_id)!
-- One row, or none if no token in force has that id.
UPDATE access.api_token
SET revoked_at = now()
WHERE
    id = :token_id
    AND revoked_at IS NULL;
