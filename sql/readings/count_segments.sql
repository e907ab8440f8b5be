-- name: count_segments()!
-- One row per segment whose number of users changed.
UPDATE user_segment AS held
SET users = fresh.users
FROM (
    SELECT
        segment.id,
        count(total.user_id) AS users
    FROM user_segment AS segment
    LEFT JOIN user_total AS total ON segment.id = total.segment_id
    GROUP BY segment.id
) AS fresh
WHERE held.id = fresh.id AND held.users <> fresh.users;
