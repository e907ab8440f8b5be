-- name: insert_recent_energy(newest)!
-- One row per source of the newest modelled dates, so many of them.
INSERT INTO recent_energy
SELECT
    source,
    count(*),
    sum(daily_energy_kwh),
    max(peak_w),
    count(*) FILTER (WHERE counter_fell),
    sum(half_hours),
    sum(half_hours_of_day)
FROM daily_energy
WHERE
    energy_date >= (
        SELECT min(energy_date)
        FROM (
            SELECT energy_date
            FROM daily_energy_total
            ORDER BY energy_date DESC
            LIMIT :newest
        ) AS recent
    )
GROUP BY source;
