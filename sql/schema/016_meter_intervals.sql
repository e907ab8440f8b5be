-- Meters that do not read every half-hour: which interval readings have, and how many of them are due.

CREATE FUNCTION web.reading_interval(times timestamptz[])
RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT
        CASE
            -- a distance seen once is no rule, and a day is a whole number of intervals
            WHEN seen > 1 AND minutes BETWEEN 1 AND 1440 AND 1440 % minutes = 0 THEN minutes
        END
    FROM (
        SELECT
            round(extract(EPOCH FROM distance) / 60)::integer AS minutes,
            count(*) AS seen
        FROM (
            SELECT time - lag(time) OVER (ORDER BY time) AS distance
            FROM unnest(times) AS time
        ) AS following
        WHERE distance IS NOT NULL
        GROUP BY minutes
    ) AS counted
    ORDER BY seen DESC, minutes
    LIMIT 1
$$;
COMMENT ON FUNCTION web.reading_interval IS
'The commonest distance between times in whole minutes, the shortest of equals; null if it is no rule.';

-- Not a view: the newest readings before any time, by the key, whatever lies before them.
CREATE FUNCTION web.recent_interval(of_user bigint, until timestamptz)
RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT web.reading_interval(array_agg(newest.measured_at))
    FROM (
        SELECT measured_at
        FROM web.reading
        WHERE
            user_id = of_user
            AND measured_at < until
        ORDER BY measured_at DESC
        LIMIT 337
    ) AS newest
$$;
COMMENT ON FUNCTION web.recent_interval IS
'The interval in minutes of a user''s newest readings before a time, as many as a week has half-hours.';

DROP FUNCTION web.expected_interval(bigint, date, date);
DROP FUNCTION local_day(date, date, text);

CREATE FUNCTION local_day(first date, last date, tz text, minutes integer DEFAULT 30)
RETURNS TABLE (local_date date, intervals integer)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    -- day_start costs ten times a cast, and differs from it only where clocks have just changed
    WITH begun AS MATERIALIZED (
        SELECT
            shown.day,
            CASE
                WHEN shown.midnight - shown.before = '24 hours' THEN shown.midnight
                ELSE public.day_start(shown.day, tz)
            END AS starts_at
        FROM (
            SELECT
                first + n AS day,
                (first + n)::timestamp AT TIME ZONE tz AS midnight,
                (first + n - 1)::timestamp AT TIME ZONE tz AS before
            FROM generate_series(0, last - first + 1) AS n
        ) AS shown
    )

    SELECT
        whole.day,
        -- a day of 23 hours has one interval of a day; a day that the calendar left out has none
        greatest(floor(whole.seconds / (60 * minutes)), sign(whole.seconds))::integer
    FROM (
        SELECT
            begun.day,
            extract(EPOCH FROM lead(begun.starts_at) OVER (ORDER BY begun.day) - begun.starts_at) AS seconds
        FROM begun
    ) AS whole
    WHERE whole.day <= last
$$;
COMMENT ON FUNCTION local_day IS
'One row per local date from first to last: its intervals; of 30 minutes 48, but where clocks change.';

CREATE FUNCTION web.expected_interval(of_user bigint, first date, last date, minutes integer DEFAULT 30)
RETURNS TABLE (user_id bigint, local_date date, intervals integer)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT
        of_user,
        day.local_date,
        day.intervals
    FROM web.dataset
    CROSS JOIN LATERAL public.local_day(first, last, dataset.tz, minutes) AS day
    WHERE
        day.local_date <@ (
            SELECT range_agg(daterange(c.valid_from, c.valid_to))
            FROM web.contract AS c
            WHERE c.user_id = of_user
        )
$$;
COMMENT ON FUNCTION web.expected_interval IS
'One row per local date on which a contract of the user is in force: the intervals that are due.';
