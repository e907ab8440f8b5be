-- The history of every job run, and what was refused in it.

CREATE TABLE run (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    execution_uuid uuid NOT NULL UNIQUE,
    job_name varchar(64) NOT NULL,
    data_source jsonb NOT NULL DEFAULT '[]',
    started_at timestamptz NOT NULL,
    finished_at timestamptz,
    duration_seconds integer,
    input_count bigint NOT NULL DEFAULT 0,
    inserted_count bigint NOT NULL DEFAULT 0,
    skipped_count bigint NOT NULL DEFAULT 0,
    error_count bigint NOT NULL DEFAULT 0,
    skip_breakdown jsonb,
    status varchar(16) NOT NULL CHECK (status IN ('RUNNING', 'SUCCESS', 'FAILURE')),
    error_summary varchar(512),
    metadata jsonb,
    next_scheduled_for timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- a run that has ended says when, one that has not cannot
    CHECK ((status = 'RUNNING') = (finished_at IS NULL))
);
COMMENT ON TABLE run IS
'One row per run of a job. The counts are of readings: lines read, inserted, skipped as repeats; and faults.';
COMMENT ON COLUMN run.error_count IS 'Faults found; a fault of a whole file is one.';
COMMENT ON COLUMN run.metadata IS 'Date, options, and the balance of each unit of work.';

CREATE INDEX run_newest ON run (job_name, started_at DESC);

-- one running run per job: the second must fail, not wait
CREATE UNIQUE INDEX run_one_running_per_job ON run (job_name) WHERE status = 'RUNNING';

CREATE TABLE rejected_row (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id bigint NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    kind varchar(8) NOT NULL CHECK (kind IN ('reject', 'conflict')),
    file text NOT NULL,
    line bigint,
    line_count bigint NOT NULL DEFAULT 1,
    raw text NOT NULL,
    reason varchar(32) NOT NULL
);
COMMENT ON TABLE rejected_row IS
'One row per refused line or file, or per repeat with another value; at most 10,000 a run.';
COMMENT ON COLUMN rejected_row.line IS 'Line in the file, the header being 1; null for a whole file.';
COMMENT ON COLUMN rejected_row.line_count IS 'Lines refused by this one fault.';

CREATE INDEX rejected_row_run ON rejected_row (run_id, id);
