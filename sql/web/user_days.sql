-- name: user_days(user_id, tz, first_date, last_date, minutes)
-- One row per local date: its intervals of so many minutes, and how many of them are due of the user.
SELECT
    day.local_date,
    day.intervals,
    coalesce(due.intervals, 0) AS due
FROM public.local_day(:first_date, :last_date, :tz, :minutes) AS day
LEFT JOIN
    web.expected_interval(:user_id, :first_date, :last_date, :minutes) AS due
    ON day.local_date = due.local_date
ORDER BY day.local_date;
