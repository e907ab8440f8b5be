-- name: day_bounds(day, tz)^
-- One row: the instants at which a local day begins and ends.
SELECT
    day_start(:day, :tz) AS starts_at,
    day_start(:day + 1, :tz) AS ends_at;
