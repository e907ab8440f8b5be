-- name: recompute_users()!
-- One row per user with readings, from the readings alone.
CREATE TEMP TABLE recomputed_user ON COMMIT DROP AS
SELECT
    user_id,
    count(*) AS readings,
    sum(energy_wh) AS energy_wh,
    max(measured_at) AS last_measured_at
FROM reading
GROUP BY user_id;
