-- name: run_state(jobs)
-- One row per job that ever ran: its newest run's status, start and number of entries of the inbox it did not
-- take, and when its newest full run that ended well did.
SELECT
    job.name,
    newest.status,
    newest.started_at,
    newest.not_taken,
    success.finished_at AS succeeded_at
FROM unnest(:jobs::text[]) AS job (name)
CROSS JOIN
    LATERAL (
        SELECT
            run.status,
            run.started_at,
            coalesce((run.metadata -> 'not_taken' ->> 'count')::integer, 0) AS not_taken
        FROM web.run
        WHERE run.job_name = job.name
        ORDER BY run.started_at DESC
        LIMIT 1
    ) AS newest
LEFT JOIN LATERAL (
    SELECT run.finished_at
    FROM web.run_state AS run
    WHERE run.job_name = job.name AND run.subject = '' AND run.status = 'SUCCESS' AND run.is_full
    ORDER BY run.started_at DESC
    LIMIT 1
) AS success ON true;
