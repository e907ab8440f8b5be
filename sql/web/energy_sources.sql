-- name: energy_sources(source, start_date, end_date, most)
-- One row per source of the modelled dates of the period (or the one named), the most energy first, with the
-- number of sources.
SELECT
    source,
    count(*) AS days,
    sum(daily_energy_kwh) AS energy_kwh,
    max(peak_w) AS peak_w,
    count(*) FILTER (WHERE counter_fell) AS counters_fell,
    sum(half_hours) AS half_hours,
    sum(half_hours_of_day) AS half_hours_of_day,
    count(*) OVER () AS sources
FROM web.daily_energy
WHERE
    (:source::text IS NULL OR source = :source::text)
    AND energy_date BETWEEN :start_date::date AND :end_date::date
GROUP BY source
ORDER BY energy_kwh DESC NULLS LAST, source ASC
LIMIT :most;
