-- name: version()^
-- One row: what a cached page depends on - the data version and the newest run as it stands.
SELECT
    dataset.tz,
    dataset.data_version,
    run.id AS run_id,
    run.status,
    run.finished_at
FROM web.dataset AS dataset
LEFT JOIN LATERAL (
    SELECT
        id,
        status,
        finished_at
    FROM web.run
    ORDER BY id DESC
    LIMIT 1
) AS run ON true;
