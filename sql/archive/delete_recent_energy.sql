-- name: delete_recent_energy()!
-- The rows of all sources: other dates may be the newest now.
DELETE FROM recent_energy;
