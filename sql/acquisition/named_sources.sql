-- name: named_sources(names)
-- One row per active source of these names.
SELECT
    id,
    name
FROM data_sources
WHERE name = any(:names::text[]) AND status = 'active';
