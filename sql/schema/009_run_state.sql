-- How runs stand, in columns: which wait for their process, which did all of a night's work, who holds a lock.

ALTER TABLE run
ADD COLUMN request jsonb,
ADD COLUMN requested_at timestamptz,
-- Only such a run makes a night good, and says how much a run usually reads.
ADD COLUMN is_full boolean NOT NULL GENERATED ALWAYS AS (
    NOT coalesce(metadata ?| ARRAY['user_ids', 'sources', 'mode', 'dry_run', 'late'], FALSE)
) STORED;
COMMENT ON COLUMN run.request IS 'What was asked for in the viewer: job and options; its process goes by it.';
COMMENT ON COLUMN run.requested_at IS
'Since when it waits for its process; null once it began, and for all others.';
COMMENT ON COLUMN run.is_full IS
'Whether it was the run of a night: none of some users or sources, rebuild, dry run or late date.';

UPDATE run
SET
    -- one that was never taken up is a FAILURE that still has the key
    requested_at = CASE WHEN status = 'RUNNING' THEN started_at END,
    metadata = metadata - 'requested'
WHERE metadata ? 'requested';

-- a run that has ended waits for nothing
ALTER TABLE run ADD CHECK (requested_at IS NULL OR status = 'RUNNING');

DROP INDEX run_newest_success;
CREATE INDEX run_newest_success ON run (job_name, started_at DESC) WHERE status = 'SUCCESS' AND is_full;

CREATE VIEW web.run_state AS
SELECT
    id,
    execution_uuid,
    job_name,
    status,
    started_at,
    finished_at,
    requested_at,
    is_full,
    metadata ->> 'triggered_by' AS triggered_by
FROM public.run;
COMMENT ON VIEW web.run_state IS 'One row per run of a job: what tells how the job stands.';

-- The lock of a job is known by the hash of its name.
CREATE FUNCTION web.job_lock_id(job_name text) RETURNS oid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (hashtext('job ' || job_name)::bigint & 4294967295)::oid;
COMMENT ON FUNCTION web.job_lock_id IS 'The second key of the advisory lock of a job, as pg_locks shows it.';

CREATE VIEW web.held_job_lock AS
SELECT
    held.objid AS lock_id,
    holder.application_name,
    holder.backend_start
FROM pg_locks AS held
LEFT JOIN pg_stat_activity AS holder ON held.pid = holder.pid
WHERE
    held.locktype = 'advisory'
    AND held.granted
    AND held.classid = 19784
    AND held.database = (
        SELECT oid
        FROM pg_database
        WHERE datname = current_database()
    );
COMMENT ON VIEW web.held_job_lock IS
'One row per advisory lock of Meterhouse that a session of this database holds.';

DO $$
BEGIN
    GRANT SELECT ON web.run_state, web.held_job_lock TO meterhouse_web;
EXCEPTION
    WHEN undefined_object OR insufficient_privilege THEN NULL;
END $$;
