-- Readings, partitioned by local time, and how local days map to instants.

CREATE TABLE reading (
    user_id bigint NOT NULL,
    measured_at timestamptz NOT NULL,
    energy_wh numeric NOT NULL CHECK (energy_wh >= 0),
    -- the first registered value of a user and time stands: a second row must fail, not replace it
    PRIMARY KEY (user_id, measured_at)
) PARTITION BY RANGE (measured_at);
COMMENT ON TABLE reading IS
'One row per user and start of interval: the energy of that interval in Wh, exact. Never updated.';

-- The first instant at which the clock shows local day d. Where clocks go back at midnight 00:00
-- occurs twice and the plain cast takes the later one; so it is taken with the offset of the day before too.
CREATE FUNCTION day_start(d date, tz text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (
    SELECT
        CASE
            WHEN NOT isfinite(d) THEN d::timestamptz
            WHEN early AT TIME ZONE tz >= d::timestamp THEN least(early, late)
            ELSE late
        END
    FROM (
        SELECT
            d::timestamp AT TIME ZONE tz AS late,
            (
                d::timestamp
                - (
                    (d::timestamp AT TIME ZONE tz - interval '1 day') AT TIME ZONE tz
                    - (d::timestamp AT TIME ZONE tz - interval '1 day') AT TIME ZONE 'UTC'
                )
            ) AT TIME ZONE 'UTC' AS early
    ) AS candidate
);
COMMENT ON FUNCTION day_start IS 'The instant at which local day d begins in time zone tz.';

CREATE VIEW reading_partition AS
SELECT
    c.oid,
    c.relname::text AS name,
    (bound.parts)[1]::timestamptz AS starts_at,
    (bound.parts)[2]::timestamptz AS ends_at
FROM pg_inherits AS i
INNER JOIN pg_class AS c ON i.inhrelid = c.oid
CROSS JOIN
    LATERAL (
        SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''(.+)''\) TO \(''(.+)''\)') AS parts
    ) AS bound
WHERE i.inhparent = 'reading'::regclass;
COMMENT ON VIEW reading_partition IS 'One row per partition of reading, with its half-open bounds.';
