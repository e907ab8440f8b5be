-- name: delete_old(days)!
-- One row per run that ended more than so many days ago; its rejected rows go with it. The newest full success
-- of each job and subject stays: whether the job is overdue is told by it.
DELETE FROM run
WHERE
    finished_at < now() - make_interval(days => :days)
    AND id NOT IN (
        SELECT DISTINCT ON (job_name, subject) id
        FROM run
        WHERE status = 'SUCCESS' AND is_full
        ORDER BY job_name ASC, subject ASC, started_at DESC
    );
