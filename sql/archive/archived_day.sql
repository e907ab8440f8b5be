-- name: archived_day(energy_date)^
-- One row: the points that were archived of a day, and whether its energy is computed; none: it never was archived.
SELECT
    points,
    modelled_at IS NOT NULL AS is_modelled
FROM archive_day
WHERE energy_date = :energy_date;
