-- name: apply_user_total()!
-- Add the booked differences, one row per user.
INSERT INTO user_total AS held (user_id, readings, energy_wh, last_measured_at)
SELECT
    user_id,
    sum(readings),
    sum(energy_wh),
    max(last_measured_at)
FROM user_delta
GROUP BY user_id
ON CONFLICT (user_id) DO UPDATE SET
    readings = held.readings + excluded.readings,
    energy_wh = held.energy_wh + excluded.energy_wh,
    last_measured_at = greatest(held.last_measured_at, excluded.last_measured_at);
