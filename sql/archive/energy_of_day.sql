-- name: energy_of_day(energy_date)
-- One row per source of a modelled day.
SELECT
    source,
    points,
    daily_energy_kwh,
    peak_w
FROM daily_energy
WHERE energy_date = :energy_date;
