-- name: waiting_sources(source_ids)
-- One row per source of these whose task waits.
SELECT source.name
FROM acquisition_tasks AS task
INNER JOIN data_sources AS source ON task.source_id = source.id
WHERE task.run_id IS NULL AND task.source_id = any(:source_ids::bigint[])
ORDER BY source.name;
