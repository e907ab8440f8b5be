-- name: enqueue_again(attempts)!
-- One row per task whose run was abandoned within a day: it waits again, unless its source has a later task or it was
-- begun so many times already.
INSERT INTO acquisition_tasks (source_id, priority, requested_by, requested_at, attempt, payload)
SELECT
    task.source_id,
    task.priority,
    task.requested_by,
    task.requested_at,
    task.attempt + 1,
    task.payload
FROM run
INNER JOIN acquisition_tasks AS task ON run.id = task.run_id
WHERE
    run.job_name = 'acquisition'
    AND run.status = 'FAILURE'
    AND run.error_summary LIKE 'abandoned:%%'
    AND run.started_at > now() - interval '1 day'
    AND task.attempt < :attempts
    AND NOT EXISTS (
        SELECT 1
        FROM acquisition_tasks AS later
        WHERE later.source_id = task.source_id AND later.id > task.id
    )
ON CONFLICT (source_id) WHERE run_id IS NULL DO NOTHING;
