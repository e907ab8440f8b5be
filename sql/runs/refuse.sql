-- name: refuse(execution_uuid, job_name, error_summary)!
-- One row: a run that was asked for and cannot begin.
UPDATE run
SET
    status = 'FAILURE',
    error_summary = :error_summary,
    error_count = 1,
    metadata = metadata - 'requested',
    finished_at = now(),
    duration_seconds = extract(EPOCH FROM now() - started_at),
    updated_at = now()
WHERE
    execution_uuid = :execution_uuid
    AND job_name = :job_name
    AND status = 'RUNNING'
    AND metadata ? 'requested';
