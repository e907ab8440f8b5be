-- name: of_key(key)$
-- One value: the run that a request with this key asked for, or null.
SELECT execution_uuid::text
FROM run
WHERE idempotency_key = :key;
