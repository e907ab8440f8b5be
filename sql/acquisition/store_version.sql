-- name: store_version(source_id, run_id, document, metadata)!
-- One row per 1,000 staged records of a document: a new version of it. None if the newest one has the same.
WITH numbered AS (
    SELECT
        body,
        row_number() OVER (ORDER BY n) - 1 AS place
    FROM staged_record
),

sliced AS (
    SELECT
        place / 1000 AS part,
        -- a third of the time of jsonb_agg: one text is read, not a thousand
        ('[' || string_agg(body, ',' ORDER BY place) || ']')::jsonb AS raw_data
    FROM numbered
    GROUP BY place / 1000
    UNION ALL
    -- a document without records is a version as well
    SELECT
        0 AS part,
        '[]'::jsonb AS raw_data
    WHERE NOT EXISTS (SELECT 1 FROM numbered)
),

hashed AS (
    SELECT
        part,
        raw_data,
        encode(sha256(convert_to(raw_data::text, 'UTF8')), 'hex') AS data_hash
    FROM sliced
)

INSERT INTO acquired_data (source_id, run_id, document, part, raw_data, metadata, data_hash)
SELECT
    :source_id,
    :run_id,
    :document,
    part,
    raw_data,
    :metadata,
    data_hash
FROM hashed
WHERE (SELECT array_agg(whole.data_hash::text ORDER BY whole.part) FROM hashed AS whole) IS DISTINCT FROM (
    SELECT array_agg(stored.data_hash::text ORDER BY stored.part)
    FROM acquired_data AS stored
    WHERE
        stored.source_id = :source_id
        AND stored.document = :document
        AND stored.run_id = (
            SELECT max(newest.run_id)
            FROM acquired_data AS newest
            WHERE newest.source_id = :source_id AND newest.document = :document
        )
);
