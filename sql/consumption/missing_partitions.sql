-- name: missing_partitions(dates, tz, day_partitions_from)
-- One row per partition to create for readings of these local dates: name and half-open bounds.
-- A month is cut into days when it has days already or the retailer is large; else it is one piece.
WITH wanted AS (
    SELECT
        given.local_date,
        date_trunc('month', given.local_date)::date AS month
    FROM unnest(:dates::date[]) AS given (local_date)
    WHERE NOT EXISTS (
        SELECT 1
        FROM reading_partition AS p
        WHERE
            p.starts_at <= day_start(given.local_date, :tz)
            AND p.ends_at >= day_start(given.local_date + 1, :tz)
    )
),

sized AS (
    SELECT
        wanted.local_date,
        wanted.month,
        (
            SELECT count(*) FROM contract
            WHERE valid_to IS NULL
        ) >= :day_partitions_from
        OR EXISTS (
            SELECT 1
            FROM reading_partition AS p
            WHERE
                p.starts_at < day_start((wanted.month + interval '1 month')::date, :tz)
                AND p.ends_at > day_start(wanted.month, :tz)
        ) AS by_day
    FROM wanted
),

cut AS (
    SELECT DISTINCT
        CASE WHEN by_day THEN local_date ELSE month END AS first_date,
        CASE WHEN by_day THEN local_date + 1 ELSE (month + interval '1 month')::date END AS end_date,
        CASE
            WHEN by_day THEN to_char(local_date, '"reading_"YYYY"_"MM"_"DD')
            ELSE to_char(month, '"reading_"YYYY"_"MM')
        END AS name
    FROM sized
)

SELECT
    name,
    day_start(first_date, :tz) AS starts_at,
    day_start(end_date, :tz) AS ends_at
FROM cut
ORDER BY starts_at;
