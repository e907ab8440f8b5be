-- name: archived_points(energy_date)$
-- The points that were archived of a day; none: it was never archived.
SELECT points
FROM archive_day
WHERE energy_date = :energy_date;
