-- name: enqueue(source_ids, requested_by)!
-- One row per source of these that does not wait already: its task, due or not.
INSERT INTO acquisition_tasks (source_id, priority, requested_by)
SELECT
    source.id,
    source.priority,
    :requested_by
FROM data_sources AS source
WHERE source.id = any(:source_ids::bigint[])
ON CONFLICT (source_id) WHERE run_id IS NULL DO NOTHING;
