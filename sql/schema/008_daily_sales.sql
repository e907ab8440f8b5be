-- Orders as they arrive, the sales of each day, and which days got orders since they were last computed.

CREATE TABLE raw_orders (
    order_id bigint NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    user_id bigint NOT NULL,
    product text NOT NULL CHECK (length(product) BETWEEN 1 AND 100),
    quantity integer NOT NULL CHECK (quantity >= 0),
    -- NaN and Infinity are numeric, and greater than any number
    amount numeric NOT NULL CHECK (amount >= 0 AND amount < 'Infinity'),
    status text NOT NULL CHECK (status IN ('ordered', 'cancelled')),
    -- from 1970 on in any zone, as in files: no client reads a year before 1
    created_at timestamptz NOT NULL CHECK (created_at >= '1969-12-31 00:00+00' AND isfinite(created_at)),
    arrived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- a correction is a new version; the same version again must fail, not replace it
    PRIMARY KEY (order_id, version)
);
COMMENT ON TABLE raw_orders IS
'One row per version of an order, as it arrived; append-only. The newest version says all of the order.';
COMMENT ON COLUMN raw_orders.user_id IS 'Who ordered; unknown perhaps: an order may come before its user.';
COMMENT ON COLUMN raw_orders.amount IS 'Total of the line in yen, exact.';
COMMENT ON COLUMN raw_orders.created_at IS 'When it was ordered: its local date is the sales date.';
COMMENT ON COLUMN raw_orders.arrived_at IS 'When it came here, maybe days later.';

CREATE INDEX raw_orders_by_creation ON raw_orders (created_at);

CREATE TABLE daily_sales (
    sales_date date NOT NULL,
    product text,
    orders bigint NOT NULL CHECK (orders >= 0),
    customers bigint NOT NULL CHECK (customers BETWEEN 0 AND orders),
    quantity bigint NOT NULL CHECK (quantity >= 0),
    gross numeric NOT NULL CHECK (gross >= 0),
    cancelled numeric NOT NULL CHECK (cancelled BETWEEN 0 AND gross),
    net numeric NOT NULL CHECK (net = gross - cancelled),
    -- one row per date and product, and one total
    UNIQUE NULLS NOT DISTINCT (sales_date, product)
);
COMMENT ON TABLE daily_sales IS
'One row per computed local date and product, and one without a product for the whole date; in yen.';
COMMENT ON COLUMN daily_sales.orders IS 'Orders made that day, cancelled ones included.';
COMMENT ON COLUMN daily_sales.customers IS
'Different users who ordered, cancelled orders included; of a date it is not the sum of its products.';
COMMENT ON COLUMN daily_sales.quantity IS 'Pieces, cancelled orders included.';
COMMENT ON COLUMN daily_sales.gross IS 'Amount of all orders, cancelled ones included.';
COMMENT ON COLUMN daily_sales.cancelled IS 'Amount of the cancelled orders.';
COMMENT ON COLUMN daily_sales.net IS 'Gross less cancelled.';

CREATE INDEX daily_sales_of_all_products ON daily_sales (sales_date) WHERE product IS NULL;

-- A row of every transaction of its own: a run that deletes those it sees leaves alone, and does not wait
-- for, the one of a transaction still open.
CREATE TABLE touched_sales_date (
    sales_date date NOT NULL,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (sales_date, transaction_id)
);
COMMENT ON TABLE touched_sales_date IS
'One row per sales date and transaction that brought it orders since the date was last computed.';

-- The days of instants at which the clock shows one local date. These are mostly that date itself; but a
-- clock that goes back past midnight shows a date again when the next has begun.
CREATE FUNCTION sales_dates(first timestamptz, last timestamptz, tz text) RETURNS SETOF date
LANGUAGE sql STABLE
AS $$
    SELECT local_date + days
    FROM (SELECT (first AT TIME ZONE tz)::date AS local_date) AS shown
    CROSS JOIN generate_series(0, 1) AS days
    WHERE day_start(local_date + days, tz) <= last AND day_start(local_date + days + 1, tz) > first
$$;
COMMENT ON FUNCTION sales_dates IS 'The days, day_start to day_start, that hold instants of one clock date.';

CREATE FUNCTION touch_sales_dates() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        -- with an older snapshot it could not see which days the orders had before
        RAISE 'insert into raw_orders in a READ COMMITTED transaction';
    END IF;
    -- An order that is corrected may leave a day: that day is late too. OFFSET 0: always by the key.
    INSERT INTO touched_sales_date (sales_date)
    SELECT DISTINCT sales_date
    FROM dataset
    CROSS JOIN LATERAL (
        SELECT min(held.created_at) AS first, max(held.created_at) AS last
        FROM arrived
        CROSS JOIN LATERAL (
            SELECT created_at
            FROM raw_orders
            WHERE order_id = arrived.order_id AND version <= arrived.version
            OFFSET 0
        ) AS held
        GROUP BY (held.created_at AT TIME ZONE dataset.tz)::date
    ) AS shown
    CROSS JOIN LATERAL sales_dates(shown.first, shown.last, dataset.tz) AS sales_date
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER raw_orders_touch AFTER INSERT ON raw_orders
REFERENCING NEW TABLE AS arrived
FOR EACH STATEMENT EXECUTE FUNCTION touch_sales_dates();

-- Before the first import nobody knows the zone: orders that came until then touch their days now.
CREATE FUNCTION touch_all_sales_dates() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
AS $$
BEGIN
    -- whoever is inserting just now does not see the zone yet
    LOCK TABLE raw_orders IN SHARE MODE;
    INSERT INTO touched_sales_date (sales_date)
    SELECT DISTINCT sales_date
    FROM (
        SELECT min(created_at) AS first, max(created_at) AS last
        FROM raw_orders
        GROUP BY (created_at AT TIME ZONE NEW.tz)::date
    ) AS shown
    CROSS JOIN LATERAL sales_dates(shown.first, shown.last, NEW.tz) AS sales_date
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER dataset_touch AFTER INSERT ON dataset
FOR EACH ROW EXECUTE FUNCTION touch_all_sales_dates();

CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE '% is append-only: insert a corrected or cancelled order as its next version', TG_TABLE_NAME;
END $$;

CREATE TRIGGER raw_orders_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON raw_orders
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE VIEW daily_sales_total AS
SELECT
    sales_date,
    orders,
    customers,
    quantity,
    gross,
    cancelled,
    net
FROM daily_sales
WHERE product IS NULL;
COMMENT ON VIEW daily_sales_total IS 'One row per computed sales date: all its products together, in yen.';

-- RANGE over dates: a date that was not computed is a gap, and its neighbours do not move up.
CREATE VIEW daily_sales_trend AS
SELECT
    sales_date,
    net,
    avg(net) OVER (
        ORDER BY sales_date RANGE BETWEEN INTERVAL '6 days' PRECEDING AND CURRENT ROW
    ) AS mean_7_days,
    sum(net) OVER (
        PARTITION BY date_trunc('month', sales_date::timestamp) ORDER BY sales_date
    ) AS month_to_date,
    net - min(net) OVER (
        ORDER BY sales_date RANGE BETWEEN INTERVAL '1 day' PRECEDING AND INTERVAL '1 day' PRECEDING
    ) AS change_to_day_before,
    net - min(net) OVER (
        ORDER BY sales_date RANGE BETWEEN INTERVAL '7 days' PRECEDING AND INTERVAL '7 days' PRECEDING
    ) AS change_to_week_before
FROM daily_sales_total;
COMMENT ON VIEW daily_sales_trend IS
'One row per computed sales date: net in yen, its mean over those of the last 7 dates that are computed, its '
'sum since the first of the month, and the change to the date before and to the same weekday a week before '
'(null where that date is not computed).';

CREATE VIEW web.daily_sales AS
SELECT
    sales_date,
    orders,
    customers,
    quantity,
    gross,
    cancelled,
    net
FROM public.daily_sales_total;
COMMENT ON VIEW web.daily_sales IS 'One row per computed sales date: all its products together, in yen.';

CREATE VIEW web.daily_sales_trend AS
SELECT
    sales_date,
    net,
    mean_7_days,
    month_to_date,
    change_to_day_before,
    change_to_week_before
FROM public.daily_sales_trend;
COMMENT ON VIEW web.daily_sales_trend IS
'One row per computed sales date: net in yen, 7-day mean, month to date, changes to a day and a week before.';

DO $$
BEGIN
    GRANT SELECT ON web.daily_sales, web.daily_sales_trend TO meterhouse_web;
EXCEPTION
    WHEN undefined_object OR insufficient_privilege THEN NULL;
END $$;
