-- name: stale_jobs(space, grace)
-- One row per job with a run that says RUNNING while nobody holds the job's lock; a requested one may take so
-- many seconds to begin.
SELECT DISTINCT run.job_name
FROM web.run AS run
WHERE
    run.status = 'RUNNING'
    AND (NOT run.metadata ? 'requested' OR run.started_at < now() - make_interval(secs => :grace))
    AND NOT EXISTS (
        SELECT 1
        FROM pg_locks AS held
        WHERE
            held.locktype = 'advisory'
            AND held.granted
            AND held.database = (
                SELECT oid
                FROM pg_database
                WHERE datname = current_database()
            )
            AND held.classid = :space
            AND held.objid = (hashtext('job ' || run.job_name)::bigint & 4294967295)::oid
    );
