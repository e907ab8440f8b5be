-- name: stale(grace)
-- One row per job and subject with a run that says RUNNING while nobody holds its lock; one that waits for its
-- process may take so many seconds to begin.
SELECT DISTINCT
    run.job_name,
    run.subject
FROM web.run_state AS run
WHERE
    run.status = 'RUNNING'
    AND (run.requested_at IS NULL OR run.requested_at < now() - make_interval(secs => :grace))
    AND NOT EXISTS (
        SELECT 1
        FROM web.held_job_lock AS held
        WHERE held.lock_id = web.job_lock_id(run.job_name, run.subject)
    );
