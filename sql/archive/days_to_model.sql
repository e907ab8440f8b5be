-- name: days_to_model()
-- One row per archived day whose energy was not computed since; ascending, with its points.
SELECT
    energy_date,
    points
FROM archive_day
WHERE modelled_at IS NULL
ORDER BY energy_date;
