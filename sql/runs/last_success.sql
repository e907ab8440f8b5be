-- name: last_success(job_name)$
-- One value: when the newest run of this job that ended well began; runs of part of the inbox (user_ids,
-- sources) and those that load nothing (mode) do not count.
SELECT started_at
FROM run
WHERE
    job_name = :job_name
    AND status = 'SUCCESS'
    AND NOT coalesce(metadata ?| ARRAY['user_ids', 'sources', 'mode'], FALSE)
ORDER BY started_at DESC
LIMIT 1;
