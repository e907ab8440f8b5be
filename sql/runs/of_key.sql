-- name: of_key(key, request)^
-- One row, or none: the run that a request with this key asked for, and whether it was the same request.
SELECT
    execution_uuid::text,
    coalesce(request = :request::jsonb, TRUE) AS is_same
FROM run
WHERE idempotency_key = :key;
