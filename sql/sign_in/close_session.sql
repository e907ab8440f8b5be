-- name: close_session(token_hash)$
-- Nothing; the session has ended.
SELECT access.close_session(:token_hash);
