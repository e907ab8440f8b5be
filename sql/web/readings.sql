-- name: readings(user_id, tz, start_date, end_date)
-- One row per reading of the user, oldest first.
SELECT
    measured_at,
    energy_wh
FROM web.reading
WHERE
    user_id = :user_id
    AND (:start_date::date IS NULL OR measured_at >= public.day_start(:start_date::date, :tz))
    AND (:end_date::date IS NULL OR measured_at < public.day_start(:end_date::date + 1, :tz))
ORDER BY measured_at;
