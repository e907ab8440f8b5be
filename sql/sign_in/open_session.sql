-- name: open_session(attempt, account_id, network, token_hash, lasting, known_for)$
-- Nothing; the session is kept, and the attempt is no failure.
SELECT access.open_session(:attempt, :account_id, :network, :token_hash, :lasting, :known_for);
