-- name: enqueue_due(requested_by)!
-- One row per source that is due and neither waits nor is fetched just now: its task.
INSERT INTO acquisition_tasks (source_id, priority, requested_by)
SELECT
    source.id,
    source.priority,
    :requested_by
FROM web.data_source AS source
WHERE
    source.status = 'active'
    AND source.due_at <= now()
    AND NOT EXISTS (
        SELECT 1
        FROM web.held_job_lock AS held
        WHERE held.lock_id = web.job_lock_id('acquisition', source.id::text)
    )
ON CONFLICT (source_id) WHERE run_id IS NULL DO NOTHING;
