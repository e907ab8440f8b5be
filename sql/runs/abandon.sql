-- name: abandon(job_name, error_summary, not_taken_up, grace)
-- One row per run of this job that says RUNNING although its process is gone: we hold the job's lock. One that
-- was asked for in the viewer has so many seconds to begin.
UPDATE run
SET
    status = 'FAILURE',
    error_summary = CASE
        WHEN coalesce(metadata ? 'requested', FALSE) THEN :not_taken_up
        ELSE :error_summary
    END,
    inserted_count = 0,
    skipped_count = 0,
    skip_breakdown = NULL,
    finished_at = now(),
    duration_seconds = extract(EPOCH FROM now() - started_at),
    updated_at = now()
WHERE
    job_name = :job_name
    AND status = 'RUNNING'
    AND (
        NOT coalesce(metadata ? 'requested', FALSE)
        OR started_at <= now() - make_interval(secs => :grace)
    )
RETURNING execution_uuid::text;
