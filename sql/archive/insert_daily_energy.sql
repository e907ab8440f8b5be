-- name: insert_daily_energy()!
-- One row per day and source that is staged.
INSERT INTO daily_energy
SELECT
    energy_date,
    source,
    daily_energy_kwh,
    counter_fell,
    peak_w,
    points,
    half_hours,
    half_hours_of_day
FROM staged_energy;
