-- name: compare_with_stored(wh_per_unit, first_user, last_user, first, last)^
-- One row: how many staged readings equal the registered value (101 = 101.0), and how many differ.
SELECT
    count(*) FILTER (WHERE r.energy_wh = s.energy * :wh_per_unit) AS same,
    count(*) FILTER (WHERE r.energy_wh <> s.energy * :wh_per_unit) AS different
FROM staged_reading AS s
INNER JOIN reading AS r ON s.user_id = r.user_id AND s.measured_at = r.measured_at
WHERE
    -- what the batch spans: a stretch of few partitions' indexes, not all of them
    r.user_id BETWEEN :first_user AND :last_user
    AND r.measured_at BETWEEN :first AND :last;
