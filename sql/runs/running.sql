-- name: running(job_name, subject)^
-- One row, or none: who holds the job's lock and since when; a run's connection is named like the run.
SELECT
    application_name,
    backend_start
FROM web.held_job_lock
WHERE lock_id = web.job_lock_id(:job_name, :subject);
