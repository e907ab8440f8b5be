-- name: recompute_cells(tz, first_date, end_date)!
-- One row per local date, hour and cell, from the readings alone, for the dates [first_date, end_date).
CREATE TEMP TABLE recomputed_cell ON COMMIT DROP AS
WITH in_force AS MATERIALIZED (
    SELECT
        user_id,
        area_id,
        tariff_id,
        starts_at,
        ends_at
    FROM contract_period
),

by_instant AS (
    SELECT
        f.area_id,
        f.tariff_id,
        r.measured_at AT TIME ZONE :tz AS local_time,
        count(*) AS readings,
        sum(r.energy_wh) AS energy_wh
    FROM reading AS r
    INNER JOIN in_force AS f
        ON r.user_id = f.user_id AND r.measured_at >= f.starts_at AND r.measured_at < f.ends_at
    -- only to leave partitions out: local dates can run an hour backwards, so a day more on each side
    WHERE
        r.measured_at >= day_start(:first_date, :tz) - interval '1 day'
        AND r.measured_at < day_start(:end_date, :tz) + interval '1 day'
    GROUP BY f.area_id, f.tariff_id, r.measured_at
)

SELECT
    local_time::date AS local_date,
    extract(HOUR FROM local_time)::smallint AS hour,
    area_id,
    tariff_id,
    sum(readings)::bigint AS readings,
    trim_scale(sum(energy_wh)) AS energy_wh
FROM by_instant
WHERE local_time::date >= :first_date AND local_time::date < :end_date
GROUP BY local_time::date, extract(HOUR FROM local_time), area_id, tariff_id;
