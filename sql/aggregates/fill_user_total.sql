-- name: fill_user_total()!
-- One row per user with readings.
INSERT INTO user_total (user_id, readings, energy_wh, last_measured_at)
SELECT
    user_id,
    readings,
    energy_wh,
    last_measured_at
FROM recomputed_user;
