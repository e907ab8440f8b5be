-- name: last_success(job_name, subject)$
-- One value: when the newest full run of this job and subject that ended well began.
SELECT started_at
FROM run
WHERE job_name = :job_name AND subject = :subject AND status = 'SUCCESS' AND is_full
ORDER BY started_at DESC
LIMIT 1;
