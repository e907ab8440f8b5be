-- name: gather_moving_readings()!
-- One row per stored reading that belongs to another contract once day D's changes are made.
INSERT INTO booking (user_id, measured_at, energy_wh)
SELECT
    r.user_id,
    r.measured_at,
    r.energy_wh
FROM moving_user AS u
INNER JOIN reading AS r ON u.user_id = r.user_id AND u.moves_at <= r.measured_at
-- the same bound once for all, so that older partitions are not even looked at
WHERE r.measured_at >= (SELECT min(moves_at) FROM moving_user);
