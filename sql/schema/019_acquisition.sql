-- Sources of data elsewhere, what was fetched from them as it came, and the tasks of fetching it.

CREATE TABLE data_sources (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- lists of names have commas in between
    name varchar(255) UNIQUE NOT NULL CHECK (name = btrim(name) AND name ~ '^[^,[:cntrl:]]+$'),
    -- the types that can be fetched
    source_type varchar(20) NOT NULL CONSTRAINT data_sources_type CHECK (source_type IN ('file')),
    description text,
    status varchar(20) NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
    config jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(config) = 'object'),
    fetch_interval integer NOT NULL DEFAULT 3600 CHECK (fetch_interval >= 1),
    priority integer NOT NULL DEFAULT 5 CHECK (priority BETWEEN 0 AND 9),
    state jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(state) = 'object'),
    last_fetched_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE data_sources IS 'One row per source of data elsewhere than the inbox.';
COMMENT ON COLUMN data_sources.config IS 'Where it is and how it is read; the keys are those of its type.';
COMMENT ON COLUMN data_sources.fetch_interval IS 'Seconds from one fetch to the next.';
COMMENT ON COLUMN data_sources.priority IS 'Of several that are due, 0 is fetched first.';
COMMENT ON COLUMN data_sources.state IS 'How far it was read: commits with the data.';
COMMENT ON COLUMN data_sources.last_fetched_at IS
'When a fetch was last kept, in whole or but for its faults.';

CREATE TABLE acquired_data (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- a source with data is not deleted by accident
    source_id bigint NOT NULL REFERENCES data_sources (id),
    raw_data jsonb NOT NULL CHECK (jsonb_typeof(raw_data) = 'array'),
    metadata jsonb NOT NULL DEFAULT '{}',
    data_hash varchar(64) NOT NULL,
    acquired_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    -- names the version, also once the run is deleted from the history: no reference
    run_id bigint NOT NULL,
    -- an index has no room for more
    document text NOT NULL DEFAULT '' CHECK (octet_length(document) <= 1024),
    part integer NOT NULL DEFAULT 0 CHECK (part >= 0),
    UNIQUE (source_id, document, run_id, part)
);
COMMENT ON TABLE acquired_data IS
'One row per 1,000 records as they came; the rows of one source, document and run are one version.';
COMMENT ON COLUMN acquired_data.raw_data IS 'Array of at most 1,000 records.';
COMMENT ON COLUMN acquired_data.data_hash IS 'SHA-256 of raw_data::text in UTF-8.';
COMMENT ON COLUMN acquired_data.document IS 'Path of the file the records are from; else empty.';
COMMENT ON COLUMN acquired_data.part IS 'Place of the row within its version, from 0 on.';

CREATE INDEX idx_acquired_data_acquired_at ON acquired_data (acquired_at DESC);
CREATE INDEX idx_acquired_data_source ON acquired_data (source_id, acquired_at DESC);
CREATE INDEX idx_acquired_data_hash ON acquired_data (data_hash);

CREATE TABLE acquisition_tasks (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_id bigint NOT NULL REFERENCES data_sources (id) ON DELETE CASCADE,
    priority integer NOT NULL DEFAULT 5 CHECK (priority BETWEEN 0 AND 9),
    requested_by varchar(255) NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    attempt integer NOT NULL DEFAULT 1 CHECK (attempt >= 1),
    payload jsonb,
    run_id bigint UNIQUE REFERENCES run (id) ON DELETE CASCADE
);
COMMENT ON TABLE acquisition_tasks IS
'One row per fetch of a source that was asked for; how it went is in the row of its run.';
COMMENT ON COLUMN acquisition_tasks.run_id IS 'The run that took it; null: it waits.';

-- asking for what waits already adds nothing
CREATE UNIQUE INDEX acquisition_tasks_one_waiting ON acquisition_tasks (source_id) WHERE run_id IS NULL;
CREATE INDEX acquisition_tasks_waiting ON acquisition_tasks (priority, requested_at, id) WHERE run_id IS NULL;
CREATE INDEX acquisition_tasks_of_source ON acquisition_tasks (source_id, requested_at DESC);

CREATE VIEW web.data_source AS
SELECT
    source.id,
    source.name,
    source.source_type,
    source.description,
    source.status,
    source.fetch_interval,
    source.priority,
    source.last_fetched_at,
    source.created_at,
    source.updated_at,
    recent.failures,
    CASE
        WHEN recent.failures > 0
            THEN recent.failed_at + make_interval(mins => least(2 ^ (recent.failures - 1), 60)::integer)
        ELSE coalesce(
            source.last_fetched_at + make_interval(secs => source.fetch_interval), source.created_at
        )
    END AS due_at
FROM public.data_sources AS source
CROSS JOIN LATERAL (
    SELECT
        count(*) AS failures,
        max(run.finished_at) AS failed_at
    FROM (
        SELECT
            one.status,
            one.created_at,
            one.finished_at
        FROM public.run AS one
        WHERE one.job_name = 'acquisition' AND one.subject = source.id::text
        ORDER BY one.started_at DESC
        -- six doublings of a minute are more than an hour
        LIMIT 7
    ) AS run
    WHERE run.status = 'FAILURE' AND run.created_at > coalesce(source.last_fetched_at, '-infinity')
) AS recent;
COMMENT ON VIEW web.data_source IS
'One row per source: how many of its runs failed since its last fetch (7 at most), and when it is due. After '
'failures that is 1, 2, 4 .. 60 minutes after the last.';

CREATE VIEW web.acquisition_task AS
SELECT
    task.id,
    task.source_id,
    source.name AS source,
    task.priority,
    task.requested_by,
    task.requested_at,
    task.attempt,
    run.execution_uuid,
    coalesce(run.status, 'WAITING') AS status,
    run.started_at,
    run.finished_at,
    run.duration_seconds,
    run.input_count,
    run.inserted_count,
    run.skipped_count,
    run.error_count,
    run.error_summary
FROM public.acquisition_tasks AS task
INNER JOIN public.data_sources AS source ON task.source_id = source.id
LEFT JOIN public.run ON task.run_id = run.id;
COMMENT ON VIEW web.acquisition_task IS
'One row per fetch that was asked for: WAITING, or as its run stands; what it read, stored and refused.';
