-- name: source(source_id)^
-- One row: a source, how it is read and how far it was.
SELECT
    name,
    config,
    state
FROM data_sources
WHERE id = :source_id;
