-- name: abandon(job_name, subject, error_summary, not_taken_up, grace)
-- One row per run of this job and subject that says RUNNING although its process is gone: we hold the job's lock. One that
-- waits for its process has so many seconds to begin.
UPDATE run
SET
    status = 'FAILURE',
    error_summary = CASE WHEN requested_at IS NULL THEN :error_summary ELSE :not_taken_up END,
    requested_at = NULL,
    inserted_count = 0,
    skipped_count = 0,
    skip_breakdown = NULL,
    finished_at = now(),
    duration_seconds = extract(EPOCH FROM now() - started_at),
    updated_at = clock_timestamp()
WHERE
    job_name = :job_name
    AND subject = :subject
    AND status = 'RUNNING'
    AND (requested_at IS NULL OR requested_at <= now() - make_interval(secs => :grace))
RETURNING execution_uuid::text;
