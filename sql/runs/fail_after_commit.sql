-- name: fail_after_commit(run_id, error_summary, finished_at, duration_seconds)!
-- One row: the data is in, but what had to follow the commit did not happen.
UPDATE run
SET
    status = 'FAILURE',
    error_summary = :error_summary,
    finished_at = :finished_at,
    duration_seconds = :duration_seconds,
    updated_at = greatest(clock_timestamp(), :finished_at)
WHERE id = :run_id;
