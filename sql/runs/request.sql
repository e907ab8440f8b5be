-- name: request(execution_uuid, job_name, request, metadata, idempotency_key, next_scheduled_for)$
-- One row: a run that somebody asked for and whose process is still to begin; none if the job has a running
-- one, or the key was used before.
INSERT INTO run (
    execution_uuid,
    group_uuid,
    job_name,
    started_at,
    requested_at,
    request,
    metadata,
    idempotency_key,
    next_scheduled_for,
    status
)
VALUES (
    :execution_uuid,
    :execution_uuid,
    :job_name,
    now(),
    now(),
    :request,
    :metadata,
    :idempotency_key,
    :next_scheduled_for,
    'RUNNING'
)
ON CONFLICT DO NOTHING
RETURNING execution_uuid::text;
