-- name: energy_rows(source, start_date, end_date)
-- One row per date and source of the period (or the source named), the newest first, in kWh and W.
SELECT
    energy_date,
    source,
    daily_energy_kwh,
    counter_fell::integer AS counter_fell,
    peak_w,
    points,
    half_hours,
    half_hours_of_day
FROM web.daily_energy
WHERE
    (:source::text IS NULL OR source = :source::text)
    AND energy_date BETWEEN :start_date::date AND :end_date::date
ORDER BY energy_date DESC, source ASC;
