-- name: sample_orders(size, seed, days, last_day, tz)!
-- One row per version of so many invented orders over so many days: 100, 1,000, a million. About 10 %% are late
-- by one to three days, 10 %% corrected (half of these moved to another day), 5 %% cancelled later on.
WITH numbered AS (
    SELECT
        order_id,
        -- Ten numbers of 24 bits each, the same on every server: 0 to 16777215.
        md5(format('%%s %%s', :seed::bigint, order_id)) AS x,
        md5(format('%%s %%s more', :seed::bigint, order_id)) AS y
    FROM generate_series(1, :size::bigint) AS order_id
),

drawn AS (
    SELECT
        order_id,
        -- ids go by time, as those of a shop do
        (order_id - ('x' || substr(x, 1, 6))::bit(24)::int / 16777216.0) / :size::bigint AS at,
        ('x' || substr(x, 7, 6))::bit(24)::int AS who,
        ('x' || substr(x, 13, 6))::bit(24)::int AS what,
        ('x' || substr(x, 19, 6))::bit(24)::int AS pieces,
        ('x' || substr(x, 25, 6))::bit(24)::int / 16777216.0 AS fate,
        ('x' || substr(y, 1, 6))::bit(24)::int / 16777216.0 AS lateness,
        ('x' || substr(y, 7, 6))::bit(24)::int / 16777216.0 AS delay,
        ('x' || substr(y, 13, 6))::bit(24)::int / 16777216.0 AS moved
    FROM numbered
),

ordered AS (
    SELECT
        order_id,
        fate,
        moved,
        1 + mod(who, greatest(:size::bigint / 5, 1)) AS user_id,
        1 + mod(pieces, 5) AS quantity,
        bounds.first,
        bounds.last,
        (ARRAY['breaker', 'heater', 'led bulb', 'panel', 'strip', 'meter'])[1 + mod(what, 6)] AS product,
        (ARRAY[2480, 12800, 398.5, 64900, 1980, 22000])[1 + mod(what, 6)] AS price,
        date_trunc('second', bounds.first + at * (bounds.last - bounds.first)) AS created_at,
        CASE
            WHEN lateness < 0.1 THEN make_interval(secs => 86400 + round(delay * 172800)::int)
            ELSE make_interval(secs => 60 + round(delay * 7200)::int)
        END AS travelled
    FROM drawn
    CROSS JOIN (
        SELECT
            day_start(:last_day::date - :days::int + 1, :tz) AS first,
            day_start(:last_day::date + 1, :tz) AS last
    ) AS bounds
),

versions AS (
    SELECT
        order_id,
        1 AS version,
        quantity,
        'ordered' AS status,
        created_at,
        created_at + travelled AS arrived_at
    FROM ordered
    UNION ALL
    SELECT
        order_id,
        2,
        CASE WHEN fate < 0.1 THEN 1 + mod(quantity, 5) ELSE quantity END,
        CASE WHEN fate < 0.1 THEN 'ordered' ELSE 'cancelled' END,
        CASE
            WHEN fate >= 0.1 OR moved < 0.5 THEN created_at
            WHEN created_at - interval '24 hours' < ordered.first
                THEN least(created_at + interval '24 hours', ordered.last - interval '1 second')
            ELSE created_at - interval '24 hours'
        END,
        created_at + travelled + interval '3 hours'
    FROM ordered
    WHERE fate < 0.15
)

INSERT INTO raw_orders (order_id, version, user_id, product, quantity, amount, status, created_at, arrived_at)
SELECT
    v.order_id,
    v.version,
    o.user_id,
    o.product,
    v.quantity,
    trim_scale(o.price * v.quantity),
    v.status,
    v.created_at,
    v.arrived_at
FROM versions AS v
INNER JOIN ordered AS o ON v.order_id = o.order_id
ORDER BY v.arrived_at, v.order_id, v.version;
