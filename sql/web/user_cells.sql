-- name: user_cells(user_id, tz, start_date, end_date, usual_minutes)
-- One row per local date, one per ISO weekday and local hour, and at last one of all the user's readings: one scan.
-- minutes: their interval, of the newest before the period's end if the period has few; null if it is not known.
WITH own AS MATERIALIZED (
    SELECT
        measured_at,
        energy_wh,
        measured_at AT TIME ZONE :tz AS clock
    FROM web.reading
    WHERE
        user_id = :user_id
        AND (:start_date::date IS NULL OR measured_at >= public.day_start(:start_date::date, :tz))
        AND (:end_date::date IS NULL OR measured_at < public.day_start(:end_date::date + 1, :tz))
),

meter AS MATERIALIZED (
    SELECT
        CASE
            WHEN count(*) >= 24 THEN web.reading_interval(array_agg(measured_at))
            ELSE web.recent_interval(
                :user_id, coalesce(public.day_start(:end_date::date + 1, :tz), 'infinity')
            )
        END AS minutes
    FROM own
)

SELECT
    local_date,
    weekday,
    hour,
    count(*) AS readings,
    -- no grid is required of readings: several in one interval are one interval received
    count(DISTINCT started_at) AS intervals,
    sum(energy_wh) AS energy_wh,
    max(measured_at) AS last_measured_at,
    (SELECT minutes FROM meter) AS minutes
FROM (
    SELECT
        own.measured_at,
        own.energy_wh,
        own.clock::date AS local_date,
        extract(ISODOW FROM own.clock)::smallint AS weekday,
        extract(HOUR FROM own.clock)::smallint AS hour,
        date_bin(
            make_interval(mins => coalesce(meter.minutes, :usual_minutes)), own.measured_at, 'epoch'
        ) AS started_at
    FROM own
    CROSS JOIN meter
) AS timed
GROUP BY GROUPING SETS ((), (local_date), (weekday, hour))
ORDER BY local_date, weekday, hour;
