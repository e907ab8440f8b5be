-- name: delete_daily_energy(days)!
-- The rows of the days and their totals go.
WITH total AS (
    DELETE FROM daily_energy_total
    WHERE energy_date = any(:days::date[])
)

DELETE FROM daily_energy
WHERE energy_date = any(:days::date[]);
