-- name: list_conflicts(wh_per_unit, first_user, last_user, first, last, most)
-- One row per staged reading that repeats a user and time with another value, in file order.
SELECT
    s.file_no,
    s.line_no
FROM staged_reading AS s
INNER JOIN reading AS r ON s.user_id = r.user_id AND s.measured_at = r.measured_at
WHERE
    r.user_id BETWEEN :first_user AND :last_user
    AND r.measured_at BETWEEN :first AND :last
    AND r.energy_wh <> s.energy * :wh_per_unit
ORDER BY s.file_no, s.line_no
LIMIT :most;
