-- name: delete_old(days)!
-- One row per run without a subject that ended more than so many days ago; its rejected rows go with it. The newest
-- full success of each job stays: whether the job is overdue is told by it.
DELETE FROM run
WHERE
    subject = ''
    AND finished_at < now() - make_interval(days => :days)
    AND id NOT IN (
        SELECT DISTINCT ON (job_name) id
        FROM run
        WHERE status = 'SUCCESS' AND is_full AND subject = ''
        ORDER BY job_name ASC, started_at DESC
    );
