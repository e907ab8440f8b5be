-- name: last_success()^
-- At most one row: the newest run that ended well.
SELECT
    job_name,
    finished_at
FROM web.run
WHERE status = 'SUCCESS'
ORDER BY id DESC
LIMIT 1;
