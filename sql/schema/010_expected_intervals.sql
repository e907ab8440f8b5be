-- The calendar: from when to when a contract's readings are its own, how many half-hours a local day has, and
-- how many are due of a user.

CREATE VIEW contract_period AS
SELECT
    user_id,
    area_id,
    tariff_id,
    -- not a join: the planner would expect hundreds of rows of the one
    day_start(valid_from, (SELECT tz FROM dataset)) AS starts_at,
    day_start(lead(valid_from, 1, 'infinity') OVER later, (SELECT tz FROM dataset)) AS ends_at
FROM contract
WINDOW later AS (PARTITION BY user_id ORDER BY valid_from);
COMMENT ON VIEW contract_period IS
'One row per contract: readings from starts_at to before ends_at, where the next one starts, are its own.';

-- Functions, not views: a contract in force since ever has no first day, and a condition on the dates of a
-- view does not reach the series that makes them.
CREATE FUNCTION local_day(first date, last date, tz text)
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
        floor(extract(EPOCH FROM whole.ends_at - whole.starts_at) / 1800)::integer
    FROM (
        SELECT
            begun.day,
            begun.starts_at,
            lead(begun.starts_at) OVER (ORDER BY begun.day) AS ends_at
        FROM begun
    ) AS whole
    WHERE whole.day <= last
$$;
COMMENT ON FUNCTION local_day IS
'One row per local date from first to last: its half-hours, 48 but for the days on which clocks change.';

CREATE FUNCTION web.expected_interval(of_user bigint, first date, last date)
RETURNS TABLE (user_id bigint, local_date date, intervals integer)
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT
        of_user,
        day.local_date,
        day.intervals
    FROM web.dataset
    CROSS JOIN LATERAL public.local_day(first, last, dataset.tz) AS day
    WHERE
        day.local_date <@ (
            SELECT range_agg(daterange(c.valid_from, c.valid_to))
            FROM web.contract AS c
            WHERE c.user_id = of_user
        )
$$;
COMMENT ON FUNCTION web.expected_interval IS
'One row per local date on which a contract of the user is in force: the half-hours that are due.';
