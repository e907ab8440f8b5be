-- name: running(space, lock_name)^
-- Who holds the lock and since when; a run's connection is named like the run.
SELECT
    held.application_name,
    held.backend_start
FROM pg_locks AS l
INNER JOIN pg_stat_activity AS held ON l.pid = held.pid
WHERE
    l.locktype = 'advisory'
    AND l.granted
    AND l.database = (
        SELECT oid
        FROM pg_database
        WHERE datname = current_database()
    )
    AND l.classid = :space
    AND l.objid = (hashtext(:lock_name)::bigint & 4294967295)::oid;
