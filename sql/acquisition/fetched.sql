-- name: fetched(source_id, state)!
-- One row: how far the source was read, and that it was.
UPDATE data_sources
SET
    state = :state,
    last_fetched_at = now()
WHERE id = :source_id;
