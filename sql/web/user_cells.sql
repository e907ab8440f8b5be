-- name: user_cells(user_id, tz, start_date, end_date)
-- One row per local date, and one per ISO weekday and local hour, of the user's readings: one scan.
SELECT
    local_date,
    weekday,
    hour,
    count(*) AS readings,
    -- no grid is required of readings: several in one half-hour are one half-hour received
    count(DISTINCT half_hour) AS half_hours,
    sum(energy_wh) AS energy_wh,
    max(measured_at) AS last_measured_at
FROM (
    SELECT
        measured_at,
        energy_wh,
        clock::date AS local_date,
        extract(ISODOW FROM clock)::smallint AS weekday,
        extract(HOUR FROM clock)::smallint AS hour,
        date_bin('30 minutes', measured_at, 'epoch') AS half_hour
    FROM (
        SELECT
            measured_at,
            energy_wh,
            measured_at AT TIME ZONE :tz AS clock
        FROM web.reading
        WHERE
            user_id = :user_id
            AND (:start_date::date IS NULL OR measured_at >= public.day_start(:start_date::date, :tz))
            AND (:end_date::date IS NULL OR measured_at < public.day_start(:end_date::date + 1, :tz))
    ) AS own
) AS timed
GROUP BY GROUPING SETS ((local_date), (weekday, hour))
ORDER BY local_date, weekday, hour;
