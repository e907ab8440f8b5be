-- name: missing_partitions(dates, tz, day_partitions_from)
-- One row per partition to create for readings of these local dates: name and half-open bounds.
-- A month is cut into days when it has days already or the retailer is large; else it is one piece.
-- Materialized: bounds are parsed once a partition, not once a pair of date and partition.
WITH held AS MATERIALIZED (
    SELECT
        starts_at,
        ends_at
    FROM reading_partition
),

given AS MATERIALIZED (
    SELECT
        local_date,
        date_trunc('month', local_date)::date AS month,
        day_start(local_date, :tz) AS starts_at,
        day_start(local_date + 1, :tz) AS ends_at
    FROM unnest(:dates::date[]) AS wanted (local_date)
),

months AS MATERIALIZED (
    SELECT
        month,
        day_start(month, :tz) AS starts_at,
        day_start((month + interval '1 month')::date, :tz) AS ends_at
    FROM given
    GROUP BY month
),

cut AS (
    SELECT
        m.month,
        m.starts_at,
        m.ends_at,
        (
            SELECT count(*) FROM contract
            WHERE valid_to IS NULL
        ) >= :day_partitions_from
        OR EXISTS (
            SELECT 1
            FROM held
            WHERE held.starts_at < m.ends_at AND held.ends_at > m.starts_at
        ) AS by_day
    FROM months AS m
)

SELECT DISTINCT
    CASE
        WHEN cut.by_day THEN to_char(given.local_date, '"reading_"YYYY"_"MM"_"DD')
        ELSE to_char(cut.month, '"reading_"YYYY"_"MM')
    END AS name,
    CASE WHEN cut.by_day THEN given.starts_at ELSE cut.starts_at END AS starts_at,
    CASE WHEN cut.by_day THEN given.ends_at ELSE cut.ends_at END AS ends_at
FROM given
INNER JOIN cut ON given.month = cut.month
WHERE
    NOT EXISTS (
        SELECT 1
        FROM held
        WHERE held.starts_at <= given.starts_at AND held.ends_at >= given.ends_at
    )
ORDER BY starts_at;
