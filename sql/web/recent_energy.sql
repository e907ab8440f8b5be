-- name: recent_energy(most)
-- One row per source of the newest modelled dates, the most energy first, with the number of sources.
SELECT
    source,
    days,
    energy_kwh,
    peak_w,
    counters_fell,
    half_hours,
    half_hours_of_day,
    count(*) OVER () AS sources
FROM web.recent_energy
ORDER BY energy_kwh DESC NULLS LAST, source ASC
LIMIT :most;
