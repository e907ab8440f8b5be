-- name: count_changes()
-- One row per kind of change: how many users.
SELECT
    change,
    count(*)
FROM user_change
GROUP BY change;
