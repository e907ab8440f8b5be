-- name: apply_user_total()!
-- Add the booked differences, one row per user, and note them as applied; the users unit has made the rows.
WITH fresh AS (
    SELECT
        user_id,
        sum(readings) AS readings,
        sum(energy_wh) AS energy_wh,
        max(last_measured_at) AS last_measured_at
    FROM user_delta
    GROUP BY user_id
),

updated AS (
    UPDATE user_total AS held
    SET
        readings = held.readings + fresh.readings,
        energy_wh = trim_scale(held.energy_wh + fresh.energy_wh),
        last_measured_at = greatest(held.last_measured_at, fresh.last_measured_at)
    FROM fresh
    WHERE
        held.user_id = fresh.user_id
        -- some batches are a stretch of users: no look at all the others
        AND held.user_id BETWEEN (SELECT min(user_id) FROM fresh) AND (SELECT max(user_id) FROM fresh)
    RETURNING fresh.readings, fresh.energy_wh
)

INSERT INTO user_applied (readings, energy_wh)
SELECT
    sum(readings),
    sum(energy_wh)
FROM updated
HAVING count(*) > 0;
