-- name: energy_parts(sources, unit, start_date, end_date)
-- One row per day or month of the period (named by its first date) and source of these that had a counter.
SELECT
    date_trunc(:unit, energy_date::timestamp)::date AS first_date,
    source,
    sum(daily_energy_kwh) AS energy_kwh
FROM web.daily_energy
WHERE
    source = any(:sources::text[])
    AND energy_date BETWEEN :start_date::date AND :end_date::date
    AND daily_energy_kwh IS NOT NULL
GROUP BY first_date, source;
