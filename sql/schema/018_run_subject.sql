-- Runs of one job side by side, each about a subject of its own.

ALTER TABLE run ADD COLUMN subject text NOT NULL DEFAULT '';
COMMENT ON COLUMN run.subject IS
'What the run is about where a job has runs side by side: the id of a source; else empty.';

-- one running run per job and subject: the second must fail, not wait
DROP INDEX run_one_running_per_job;
CREATE UNIQUE INDEX run_one_running_per_subject ON run (job_name, subject) WHERE status = 'RUNNING';

CREATE INDEX run_newest_of_subject ON run (job_name, subject, started_at DESC);
DROP INDEX run_newest_success;
CREATE INDEX run_newest_success ON run (job_name, subject, started_at DESC)
WHERE status = 'SUCCESS' AND is_full;

CREATE OR REPLACE VIEW web.run_state AS
SELECT
    id,
    execution_uuid,
    job_name,
    status,
    started_at,
    finished_at,
    requested_at,
    is_full,
    metadata ->> 'triggered_by' AS triggered_by,
    run_date,
    group_uuid,
    subject
FROM public.run;
COMMENT ON VIEW web.run_state IS 'One row per run of a job: what tells how the job, or its subject, stands.';

-- The lock of a run is known by the hash of job and subject. Two that share a hash only wait for each other.
DROP FUNCTION web.job_lock_id(text);
CREATE FUNCTION web.job_lock_id(job_name text, subject text DEFAULT '') RETURNS oid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (hashtext(rtrim('job ' || job_name || ' ' || subject))::bigint & 4294967295)::oid;
COMMENT ON FUNCTION web.job_lock_id IS
'The second key of the advisory lock of a job, or of one subject of it, as pg_locks shows it.';
