-- The list of users as the viewer pages through it: every user with totals and a segment, so that any
-- filter is a few segments and any sort an index within each. And the role the viewer reads with.

CREATE VIEW newest_contract AS
SELECT DISTINCT ON (user_id)
    user_id,
    area_id,
    tariff_id,
    valid_to,
    valid_to IS null AS is_active
FROM contract
ORDER BY user_id ASC, valid_from DESC;
COMMENT ON VIEW newest_contract IS 'One row per user: the contract in force, or the last one.';

CREATE TABLE user_segment (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    area_id integer NOT NULL REFERENCES area (id),
    tariff_id integer NOT NULL REFERENCES tariff (id),
    is_active boolean NOT NULL,
    users bigint NOT NULL DEFAULT 0 CHECK (users >= 0),
    UNIQUE (area_id, tariff_id, is_active)
);
COMMENT ON TABLE user_segment IS 'One row per area, tariff and status, with the number of its users.';

INSERT INTO user_segment (area_id, tariff_id, is_active, users)
SELECT
    area_id,
    tariff_id,
    is_active,
    count(*)
FROM newest_contract
GROUP BY area_id, tariff_id, is_active;

ALTER TABLE user_total
DROP CONSTRAINT user_total_readings_check,
ADD CONSTRAINT user_total_readings_check CHECK (readings >= 0),
ALTER COLUMN readings SET DEFAULT 0,
ALTER COLUMN energy_wh SET DEFAULT 0,
ALTER COLUMN last_measured_at SET DEFAULT '-infinity',
ADD COLUMN segment_id integer;

INSERT INTO user_total AS held (user_id, segment_id)
SELECT
    newest.user_id,
    segment.id
FROM newest_contract AS newest
INNER JOIN user_segment AS segment USING (area_id, tariff_id, is_active)
ON CONFLICT (user_id) DO UPDATE SET segment_id = excluded.segment_id;

ALTER TABLE user_total ALTER COLUMN segment_id SET NOT NULL;
CREATE INDEX user_total_by_user ON user_total (segment_id, user_id);
CREATE INDEX user_total_by_energy ON user_total (segment_id, energy_wh, user_id);
CREATE INDEX user_total_by_last_reading ON user_total (segment_id, last_measured_at, user_id);
COMMENT ON TABLE user_total IS
'One row per user: segment, count of readings, sum in Wh and newest time (-infinity: no reading).';

DROP VIEW web.user;
CREATE VIEW web.user AS
SELECT
    total.user_id AS id,
    a.name AS area,
    t.name AS tariff,
    newest.valid_to AS departed_on,
    total.energy_wh,
    total.readings,
    CASE WHEN newest.is_active THEN 'active' ELSE 'departed' END AS status,
    nullif(total.last_measured_at, '-infinity') AS last_measured_at
FROM public.user_total AS total
INNER JOIN public.newest_contract AS newest ON total.user_id = newest.user_id
INNER JOIN public.area AS a ON newest.area_id = a.id
INNER JOIN public.tariff AS t ON newest.tariff_id = t.id;
COMMENT ON VIEW web.user IS 'One row per user: newest area and tariff, status, and totals in Wh.';

CREATE VIEW web.user_segment AS
SELECT
    segment.id,
    a.name AS area,
    t.name AS tariff,
    segment.users,
    CASE WHEN segment.is_active THEN 'active' ELSE 'departed' END AS status
FROM public.user_segment AS segment
INNER JOIN public.area AS a ON segment.area_id = a.id
INNER JOIN public.tariff AS t ON segment.tariff_id = t.id;
COMMENT ON VIEW web.user_segment IS 'One row per area, tariff and status, with the number of its users.';

CREATE VIEW web.user_total AS
SELECT
    user_id,
    segment_id,
    readings,
    energy_wh,
    last_measured_at
FROM public.user_total;
COMMENT ON VIEW web.user_total IS
'One row per user: segment, count of readings, sum in Wh and newest time (-infinity: no reading).';

CREATE VIEW web.area AS
SELECT name FROM public.area;
COMMENT ON VIEW web.area IS 'One row per supply area.';

CREATE VIEW web.tariff AS
SELECT name FROM public.tariff;
COMMENT ON VIEW web.tariff IS 'One row per tariff.';

-- A number alone would come again in a database that is made anew or restored.
ALTER TABLE dataset ADD COLUMN version_uuid uuid NOT NULL DEFAULT gen_random_uuid();
COMMENT ON COLUMN dataset.version_uuid IS 'A new one whenever data_version is raised; caches go by it.';

CREATE OR REPLACE VIEW web.dataset AS
SELECT
    tz,
    consumption_unit,
    data_version,
    version_uuid
FROM public.dataset;

-- A role is of the whole server: another database may have made it, even at this moment. Who may not
-- make roles gives the viewer one of his own (WEB_DATABASE_URL).
DO $$
BEGIN
    CREATE ROLE meterhouse_web NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
END $$;

DO $$
BEGIN
    -- whoever makes a role may not take it on unless told so
    GRANT meterhouse_web TO CURRENT_USER WITH SET TRUE;
EXCEPTION
    WHEN undefined_object OR insufficient_privilege THEN NULL;
END $$;

DO $$
BEGIN
    GRANT USAGE ON SCHEMA web TO meterhouse_web;
    GRANT SELECT ON ALL TABLES IN SCHEMA web TO meterhouse_web;
    ALTER DEFAULT PRIVILEGES IN SCHEMA web GRANT SELECT ON TABLES TO meterhouse_web;
EXCEPTION
    WHEN undefined_object THEN NULL;
END $$;
