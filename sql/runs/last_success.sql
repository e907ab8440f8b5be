-- name: last_success(job_name)$
-- One row: when the newest run of this job that ended well began.
SELECT started_at
FROM run
WHERE job_name = :job_name AND status = 'SUCCESS'
ORDER BY started_at DESC
LIMIT 1;
