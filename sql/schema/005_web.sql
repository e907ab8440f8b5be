-- What readers see; the tables themselves are private to the jobs.

CREATE SCHEMA web;
COMMENT ON SCHEMA web IS 'Views for the viewer and for other readers.';

CREATE VIEW web.user AS
SELECT
    u.id,
    a.name AS area,
    t.name AS tariff,
    newest.valid_to AS departed_on,
    total.energy_wh,
    total.last_measured_at,
    CASE WHEN newest.valid_to IS NULL THEN 'active' ELSE 'departed' END AS status,
    coalesce(total.readings, 0) AS readings
FROM public.app_user AS u
CROSS JOIN
    LATERAL (
        SELECT
            c.area_id,
            c.tariff_id,
            c.valid_to
        FROM public.contract AS c
        WHERE c.user_id = u.id
        ORDER BY c.valid_from DESC
        LIMIT 1
    ) AS newest
INNER JOIN public.area AS a ON newest.area_id = a.id
INNER JOIN public.tariff AS t ON newest.tariff_id = t.id
LEFT JOIN public.user_total AS total ON u.id = total.user_id;
COMMENT ON VIEW web.user IS 'One row per user: newest area and tariff, status, and totals in Wh.';

CREATE VIEW web.contract AS
SELECT
    c.user_id,
    a.name AS area,
    t.name AS tariff,
    c.valid_to,
    nullif(c.valid_from, '-infinity') AS valid_from
FROM public.contract AS c
INNER JOIN public.area AS a ON c.area_id = a.id
INNER JOIN public.tariff AS t ON c.tariff_id = t.id;
COMMENT ON VIEW web.contract IS 'One row per contract; valid_from null: since ever, valid_to null: open.';

CREATE VIEW web.load_profile AS
SELECT
    p.weekday,
    p.hour,
    a.name AS area,
    t.name AS tariff,
    p.readings,
    p.energy_wh
FROM public.load_profile AS p
INNER JOIN public.area AS a ON p.area_id = a.id
INNER JOIN public.tariff AS t ON p.tariff_id = t.id;
COMMENT ON VIEW web.load_profile IS 'One row per ISO weekday, local hour, area and tariff, over all time.';

CREATE VIEW web.load_by_date AS
SELECT
    d.local_date,
    d.hour,
    a.name AS area,
    t.name AS tariff,
    d.readings,
    d.energy_wh
FROM public.load_by_date AS d
INNER JOIN public.area AS a ON d.area_id = a.id
INNER JOIN public.tariff AS t ON d.tariff_id = t.id;
COMMENT ON VIEW web.load_by_date IS 'One row per local date, local hour, area and tariff.';

CREATE VIEW web.reading AS
SELECT
    user_id,
    measured_at,
    energy_wh
FROM public.reading;
COMMENT ON VIEW web.reading IS 'One row per user and start of interval, in Wh.';

CREATE VIEW web.run AS
SELECT
    id,
    execution_uuid,
    job_name,
    data_source,
    started_at,
    finished_at,
    duration_seconds,
    input_count,
    inserted_count,
    skipped_count,
    error_count,
    skip_breakdown,
    status,
    error_summary,
    metadata,
    next_scheduled_for,
    created_at,
    updated_at
FROM public.run;
COMMENT ON VIEW web.run IS 'One row per run of a job.';

CREATE VIEW web.rejected_row AS
SELECT
    id,
    run_id,
    kind,
    file,
    line,
    line_count,
    raw,
    reason
FROM public.rejected_row;
COMMENT ON VIEW web.rejected_row IS 'One row per refused line or file, or repeat with another value.';

CREATE VIEW web.dataset AS
SELECT
    tz,
    consumption_unit,
    data_version
FROM public.dataset;
COMMENT ON VIEW web.dataset IS 'One row: time zone, unit and data version.';
