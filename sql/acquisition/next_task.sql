-- name: next_task(source_ids, passed)^
-- One row, or none: of the waiting tasks of active sources that nobody fetches just now the first by priority and
-- age, and whether the source's last run failed. Null is any source; those passed over are left out.
SELECT
    task.id,
    task.source_id,
    source.name,
    source.fetch_interval,
    coalesce(ended.status = 'FAILURE', FALSE) AS failed_before
FROM acquisition_tasks AS task
INNER JOIN data_sources AS source ON task.source_id = source.id
LEFT JOIN LATERAL (
    SELECT run.status
    FROM run
    WHERE run.job_name = 'acquisition' AND run.subject = source.id::text AND run.status <> 'RUNNING'
    ORDER BY run.started_at DESC
    LIMIT 1
) AS ended ON TRUE
WHERE
    task.run_id IS NULL
    AND source.status = 'active'
    AND NOT task.id = any(:passed::bigint[])
    AND (:source_ids::bigint[] IS NULL OR task.source_id = any(:source_ids::bigint[]))
    AND NOT EXISTS (
        SELECT 1
        FROM web.held_job_lock AS held
        WHERE held.lock_id = web.job_lock_id('acquisition', source.id::text)
    )
ORDER BY task.priority, task.requested_at, task.id
LIMIT 1;
