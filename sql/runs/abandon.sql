-- name: abandon(job_name)
-- One row per run of this job that says RUNNING although its process is gone: we hold the job's lock.
UPDATE run
SET
    status = 'FAILURE',
    error_summary = 'abandoned: its process ended without a word; the next run took up what was left',
    inserted_count = 0,
    skipped_count = 0,
    skip_breakdown = NULL,
    finished_at = now(),
    duration_seconds = extract(EPOCH FROM now() - started_at),
    updated_at = now()
WHERE job_name = :job_name AND status = 'RUNNING'
RETURNING execution_uuid::text;
