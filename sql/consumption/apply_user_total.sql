-- name: apply_user_total()!
-- Add the booked differences, one row per user; the users unit has made the rows.
UPDATE user_total AS held
SET
    readings = held.readings + fresh.readings,
    energy_wh = held.energy_wh + fresh.energy_wh,
    last_measured_at = greatest(held.last_measured_at, fresh.last_measured_at)
FROM (
    SELECT
        user_id,
        sum(readings) AS readings,
        sum(energy_wh) AS energy_wh,
        max(last_measured_at) AS last_measured_at
    FROM user_delta
    GROUP BY user_id
) AS fresh
WHERE held.user_id = fresh.user_id;
