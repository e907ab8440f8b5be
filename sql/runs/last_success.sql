-- name: last_success(job_name)$
-- One value: when the newest full run of this job that ended well began.
SELECT started_at
FROM run
WHERE job_name = :job_name AND status = 'SUCCESS' AND is_full
ORDER BY started_at DESC
LIMIT 1;
