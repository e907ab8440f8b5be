-- Which days the archive of meters holds, and the energy of each day and source as the model gave it.

CREATE TABLE archive_day (
    energy_date date PRIMARY KEY,
    -- 0: nothing was there, or nothing was left when it was archived again
    points bigint NOT NULL CHECK (points >= 0),
    archived_at timestamptz NOT NULL,
    modelled_at timestamptz
);
COMMENT ON TABLE archive_day IS 'One row per local date that was archived.';
COMMENT ON COLUMN archive_day.points IS 'Points of the day in the archive, repeated instants counted once.';
COMMENT ON COLUMN archive_day.archived_at IS 'When it was archived last.';
COMMENT ON COLUMN archive_day.modelled_at IS
'When its energy was last computed from the archive; null: not since it was archived.';

-- what every page and run asks, however many days there are
CREATE INDEX archive_day_to_model ON archive_day (energy_date) WHERE modelled_at IS NULL;

CREATE TABLE daily_energy (
    -- what is not archived has no energy
    energy_date date NOT NULL REFERENCES archive_day,
    -- a point without a source was given the default one
    source text NOT NULL CHECK (source <> ''),
    -- never negative: it is max - min, or a sum of rises. NaN is numeric, and greater than any number
    daily_energy_kwh numeric(18, 6) CHECK (daily_energy_kwh >= 0 AND daily_energy_kwh < 'NaN'),
    -- what sent no counter has none that fell
    counter_fell boolean NOT NULL CHECK (daily_energy_kwh IS NOT NULL OR NOT counter_fell),
    -- negative where a meter only feeds in; a chart has no place for infinity
    peak_w double precision NOT NULL CHECK (peak_w > '-Infinity' AND peak_w < 'Infinity'),
    -- a source without points has no row, and a half-hour counts if it has a point
    points bigint NOT NULL CHECK (points >= half_hours),
    half_hours integer NOT NULL CHECK (half_hours BETWEEN 1 AND half_hours_of_day),
    half_hours_of_day integer NOT NULL,
    PRIMARY KEY (energy_date, source)
);
COMMENT ON TABLE daily_energy IS
'One row per modelled local date and source that sent points: fct_daily_energy of the archive.';
COMMENT ON COLUMN daily_energy.source IS 'The meter, as it calls itself.';
COMMENT ON COLUMN daily_energy.daily_energy_kwh IS
'Rise of the import counter within the date in kWh, 6 decimals; null: no point had a counter.';
COMMENT ON COLUMN daily_energy.counter_fell IS
'Whether the counter fell within the date (restarted, exchanged): then the energy is the sum of its rises.';
COMMENT ON COLUMN daily_energy.peak_w IS 'Largest instantaneous power in W.';
COMMENT ON COLUMN daily_energy.points IS 'Points of the source on the date.';
COMMENT ON COLUMN daily_energy.half_hours IS 'Half-hours of the local date with at least one point.';
COMMENT ON COLUMN daily_energy.half_hours_of_day IS
'Half-hours the local date has: 48, or less and more where clocks change.';

-- the days of one source
CREATE INDEX daily_energy_by_source ON daily_energy (source, energy_date);

-- Kept, not computed: a page of a thousand sources is as fast as that of one.
CREATE TABLE daily_energy_total (
    energy_date date PRIMARY KEY REFERENCES archive_day,
    sources integer NOT NULL CHECK (sources >= 1),
    daily_energy_kwh numeric CHECK (daily_energy_kwh >= 0 AND daily_energy_kwh < 'NaN'),
    counters_fell integer NOT NULL CHECK (counters_fell BETWEEN 0 AND sources),
    peak_w double precision NOT NULL CHECK (peak_w > '-Infinity' AND peak_w < 'Infinity'),
    points bigint NOT NULL CHECK (points >= half_hours),
    half_hours bigint NOT NULL CHECK (half_hours BETWEEN 1 AND half_hours_of_day),
    half_hours_of_day bigint NOT NULL
);
COMMENT ON TABLE daily_energy_total IS
'One row per modelled local date with points: the rows of daily_energy added up.';
COMMENT ON COLUMN daily_energy_total.sources IS 'Sources that sent points.';
COMMENT ON COLUMN daily_energy_total.daily_energy_kwh IS
'Energy of those with a counter in kWh; null: none had one.';
COMMENT ON COLUMN daily_energy_total.counters_fell IS 'Sources whose counter fell.';
COMMENT ON COLUMN daily_energy_total.peak_w IS
'Largest instantaneous power of one source in W; not that of all at one instant.';
COMMENT ON COLUMN daily_energy_total.half_hours IS 'Half-hours with points, of each source.';
COMMENT ON COLUMN daily_energy_total.half_hours_of_day IS
'Half-hours the local date has, times its sources.';

-- Kept as well: to rank a thousand sources takes longer than all the rest of their page.
CREATE TABLE recent_energy (
    source text PRIMARY KEY,
    days bigint NOT NULL CHECK (days >= 1),
    energy_kwh numeric CHECK (energy_kwh >= 0 AND energy_kwh < 'NaN'),
    peak_w double precision NOT NULL,
    counters_fell bigint NOT NULL CHECK (counters_fell BETWEEN 0 AND days),
    half_hours bigint NOT NULL CHECK (half_hours BETWEEN 1 AND half_hours_of_day),
    half_hours_of_day bigint NOT NULL
);
COMMENT ON TABLE recent_energy IS
'One row per source of the newest modelled dates, which the viewer shows first: its rows added up.';
COMMENT ON COLUMN recent_energy.days IS 'Dates on which it sent points.';
COMMENT ON COLUMN recent_energy.energy_kwh IS 'Energy in kWh; null: no point had a counter.';
COMMENT ON COLUMN recent_energy.peak_w IS 'Largest instantaneous power in W.';
COMMENT ON COLUMN recent_energy.counters_fell IS 'Dates on which its counter fell.';
COMMENT ON COLUMN recent_energy.half_hours IS 'Half-hours with points.';
COMMENT ON COLUMN recent_energy.half_hours_of_day IS 'Half-hours those dates have.';

CREATE VIEW web.archive_day AS
SELECT
    energy_date,
    points,
    archived_at,
    modelled_at
FROM public.archive_day;
COMMENT ON VIEW web.archive_day IS
'One row per local date that was archived; modelled_at null: its energy is not computed yet.';

CREATE VIEW web.daily_energy AS
SELECT
    energy_date,
    source,
    daily_energy_kwh,
    counter_fell,
    peak_w,
    points,
    half_hours,
    half_hours_of_day
FROM public.daily_energy;
COMMENT ON VIEW web.daily_energy IS 'One row per modelled local date and source, in kWh and W.';

-- Both parts have the same types: so a condition goes to the index of each.
CREATE VIEW web.energy_by_date AS
SELECT
    energy_date,
    NULL::text AS source,
    sources,
    daily_energy_kwh,
    counters_fell,
    peak_w,
    points,
    half_hours,
    half_hours_of_day
FROM public.daily_energy_total
UNION ALL
SELECT
    energy_date,
    source,
    1 AS sources,
    daily_energy_kwh,
    counter_fell::integer AS counters_fell,
    peak_w,
    points,
    half_hours::bigint AS half_hours,
    half_hours_of_day::bigint AS half_hours_of_day
FROM public.daily_energy;
COMMENT ON VIEW web.energy_by_date IS
'One row per modelled local date for all its sources together (source null; peak_w is the largest of one of '
'them), and one for each of its sources; in kWh and W.';

CREATE VIEW web.recent_energy AS
SELECT
    source,
    days,
    energy_kwh,
    peak_w,
    counters_fell,
    half_hours,
    half_hours_of_day
FROM public.recent_energy;
COMMENT ON VIEW web.recent_energy IS
'One row per source of the newest modelled dates, added up; in kWh and W.';
