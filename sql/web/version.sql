-- name: version()^
-- One row: what a cached page depends on - the data version and the newest run as it stands.
SELECT
    dataset.tz,
    dataset.data_version,
    dataset.version_uuid::text AS version_uuid,
    run.status,
    run.finished_at
FROM web.dataset AS dataset
LEFT JOIN LATERAL (
    SELECT
        status,
        finished_at
    FROM web.run
    ORDER BY id DESC
    LIMIT 1
) AS run ON true;
