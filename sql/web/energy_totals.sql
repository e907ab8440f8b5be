-- name: energy_totals(source, start_date, end_date)
-- One row per month of the modelled dates of the period, the newest first, before them one of all (no month):
-- of a source, or (null) of all of them together.
SELECT
    month,
    count(*) AS days,
    sum(daily_energy_kwh) AS energy_kwh,
    max(peak_w) AS peak_w,
    sum(counters_fell) AS counters_fell,
    sum(half_hours) AS half_hours,
    sum(half_hours_of_day) AS half_hours_of_day
FROM (
    SELECT
        date_trunc('month', energy_date::timestamp)::date AS month,
        daily_energy_kwh,
        peak_w,
        counters_fell,
        half_hours,
        half_hours_of_day
    FROM web.energy_by_date
    WHERE
        ((:source::text IS NULL AND source IS NULL) OR source = :source::text)
        AND energy_date BETWEEN :start_date::date AND :end_date::date
) AS dated
GROUP BY GROUPING SETS ((month), ())
ORDER BY month DESC NULLS FIRST;
