-- name: delete_old_of_subject(job_name, subject, days)!
-- One row per run of this job and subject that ended more than so many days ago; its rejected rows and its task go with
-- it. The newest success stays.
DELETE FROM run
WHERE
    job_name = :job_name
    AND subject = :subject
    AND finished_at < now() - make_interval(days => :days)
    AND id IS DISTINCT FROM (
        SELECT newest.id
        FROM run AS newest
        WHERE
            newest.job_name = :job_name
            AND newest.subject = :subject
            AND newest.status = 'SUCCESS'
            AND newest.is_full
        ORDER BY newest.started_at DESC
        LIMIT 1
    );
