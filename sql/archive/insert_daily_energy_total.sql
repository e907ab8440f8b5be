-- name: insert_daily_energy_total(days)!
-- One row per day of the days that has a source: its sources added up.
INSERT INTO daily_energy_total
SELECT
    energy_date,
    count(*),
    sum(daily_energy_kwh),
    count(*) FILTER (WHERE counter_fell),
    max(peak_w),
    sum(points),
    sum(half_hours),
    sum(half_hours_of_day)
FROM daily_energy
WHERE energy_date = any(:days::date[])
GROUP BY energy_date;
