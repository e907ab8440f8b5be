-- name: start(execution_uuid, job_name, subject, run_date, group_uuid, started_at, metadata, next_scheduled_for)$
-- One row: the run begins, seen by everybody at once.
INSERT INTO run (
    execution_uuid, job_name, subject, run_date, group_uuid, started_at, metadata, next_scheduled_for, status
)
VALUES (
    :execution_uuid,
    :job_name,
    :subject,
    :run_date,
    :group_uuid,
    :started_at,
    :metadata,
    :next_scheduled_for,
    'RUNNING'
)
RETURNING id;
