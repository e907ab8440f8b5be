-- name: waiting(execution_uuid)^
-- One row, or none: what was asked for by whom, if the run still waits for its process.
SELECT
    request,
    metadata ->> 'triggered_by' AS triggered_by
FROM run
WHERE execution_uuid = :execution_uuid AND requested_at IS NOT NULL;
