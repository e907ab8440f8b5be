-- name: refuse(execution_uuid, job_name, error_summary)!
-- One row: a run that waits for its process and cannot begin.
UPDATE run
SET
    status = 'FAILURE',
    error_summary = :error_summary,
    error_count = 1,
    requested_at = NULL,
    finished_at = now(),
    duration_seconds = extract(EPOCH FROM now() - started_at),
    updated_at = clock_timestamp()
WHERE
    execution_uuid = :execution_uuid
    AND job_name = :job_name
    AND status = 'RUNNING'
    AND requested_at IS NOT NULL;
