-- name: running(job_name)^
-- The run of this job that goes on now, if any.
SELECT
    execution_uuid::text AS execution_uuid,
    started_at,
    metadata
FROM run
WHERE job_name = :job_name AND status = 'RUNNING';
