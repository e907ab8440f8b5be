-- name: mark_modelled(days)!
-- The rows of the days whose energy is now what the archive says.
UPDATE archive_day
SET modelled_at = now()
WHERE energy_date = any(:days::date[]);
