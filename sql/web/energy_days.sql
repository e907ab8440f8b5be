-- name: energy_days(source, start_date, end_date, most)
-- One row per modelled date of the period, the newest first: of a source, or (null) of all of them together.
-- What is null has no bound.
SELECT
    energy_date,
    sources,
    daily_energy_kwh,
    counters_fell,
    peak_w,
    points,
    half_hours,
    half_hours_of_day
FROM web.energy_by_date
WHERE
    ((:source::text IS NULL AND source IS NULL) OR source = :source::text)
    AND (:start_date::date IS NULL OR energy_date >= :start_date::date)
    AND (:end_date::date IS NULL OR energy_date <= :end_date::date)
ORDER BY energy_date DESC
LIMIT :most;
