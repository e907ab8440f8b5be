-- name: adopt(execution_uuid, job_name, started_at, metadata, next_scheduled_for)^
-- One row: a run that was asked for begins; who asked for it and for what stays in its metadata.
UPDATE run
SET
    started_at = :started_at,
    metadata = (metadata - 'requested') || (:metadata::jsonb - 'triggered_by'),
    next_scheduled_for = :next_scheduled_for,
    updated_at = now()
WHERE
    execution_uuid = :execution_uuid
    AND job_name = :job_name
    AND status = 'RUNNING'
    AND metadata ? 'requested'
RETURNING id, metadata;
