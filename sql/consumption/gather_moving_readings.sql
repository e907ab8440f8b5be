-- name: gather_moving_readings(tz)!
-- One row per stored reading that belongs to another contract once day D's changes are made.
INSERT INTO booking (user_id, measured_at, energy_wh)
SELECT
    r.user_id,
    r.measured_at,
    r.energy_wh
FROM user_change AS u
INNER JOIN reading AS r
    ON u.user_id = r.user_id AND r.measured_at >= day_start(u.moves_from, :tz)
-- the same bound once for all, so that older partitions are not even looked at
WHERE r.measured_at >= (SELECT min(day_start(moves_from, :tz)) FROM user_change);
