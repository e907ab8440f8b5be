-- name: put_archive_day(energy_date, points)!
-- The row of a day that was archived just now; its energy is yet to be computed.
INSERT INTO archive_day (energy_date, points, archived_at)
VALUES (:energy_date, :points, clock_timestamp())
ON CONFLICT (energy_date) DO UPDATE SET
    points = excluded.points,
    archived_at = excluded.archived_at,
    modelled_at = NULL;
