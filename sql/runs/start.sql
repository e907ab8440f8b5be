-- name: start(execution_uuid, job_name, started_at, metadata)$
-- One row: the run begins, seen by everybody at once.
INSERT INTO run (execution_uuid, job_name, started_at, metadata, status)
VALUES (:execution_uuid, :job_name, :started_at, :metadata, 'RUNNING')
RETURNING id;
