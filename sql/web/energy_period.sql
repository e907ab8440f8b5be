-- name: energy_period()^
-- One row: the first and the last modelled date that has energy.
SELECT
    min(energy_date) AS first_date,
    max(energy_date) AS last_date
FROM web.energy_by_date
WHERE source IS NULL;
