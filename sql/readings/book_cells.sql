-- name: book_cells(tz, sign)!
-- One row per local date, hour and contract cell of the booked readings; sign -1 takes them out.
-- etl/readings/running_sums.py makes the same sums of directly loaded readings: change both.
-- Grouped by instant before the time zone is applied: that is 3.5 times as fast.
WITH touched AS (
    SELECT DISTINCT user_id
    FROM booking
),

in_force AS MATERIALIZED (
    SELECT
        c.user_id,
        c.area_id,
        c.tariff_id,
        day_start(c.valid_from, :tz) AS starts_at,
        day_start(lead(c.valid_from, 1, 'infinity') OVER later, :tz) AS ends_at
    FROM contract AS c
    INNER JOIN touched ON c.user_id = touched.user_id
    WINDOW later AS (PARTITION BY c.user_id ORDER BY c.valid_from)
),

by_instant AS (
    SELECT
        f.area_id,
        f.tariff_id,
        b.measured_at AT TIME ZONE :tz AS local_time,
        count(*) AS readings,
        sum(b.energy_wh) AS energy_wh
    FROM booking AS b
    INNER JOIN in_force AS f
        ON b.user_id = f.user_id AND b.measured_at >= f.starts_at AND b.measured_at < f.ends_at
    GROUP BY f.area_id, f.tariff_id, b.measured_at
)

INSERT INTO cell_delta (local_date, hour, area_id, tariff_id, readings, energy_wh)
SELECT
    local_time::date,
    extract(HOUR FROM local_time),
    area_id,
    tariff_id,
    :sign * sum(readings),
    :sign * sum(energy_wh)
FROM by_instant
GROUP BY local_time::date, extract(HOUR FROM local_time), area_id, tariff_id;
