-- name: take_over(execution_uuid, job_name, subject, run_date, group_uuid, started_at, metadata, next_scheduled_for)$
-- One row: a run that waits for its process begins.
UPDATE run
SET
    run_date = :run_date,
    group_uuid = :group_uuid,
    started_at = :started_at,
    requested_at = NULL,
    metadata = :metadata,
    next_scheduled_for = :next_scheduled_for,
    updated_at = clock_timestamp()
WHERE
    execution_uuid = :execution_uuid
    AND job_name = :job_name
    AND subject = :subject
    AND status = 'RUNNING'
    AND requested_at IS NOT NULL
RETURNING id;
