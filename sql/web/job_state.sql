-- name: job_state(jobs)
-- One row per job, by its runs without a subject: its newest run's status, the run that is running, and when its
-- newest full run that ended well and the newest that somebody triggered in the viewer started; what never was
-- is null.
SELECT
    job.name,
    newest.status,
    running.execution_uuid::text AS running_uuid,
    success.started_at AS succeeded_at,
    triggered.started_at AS triggered_at
FROM unnest(:jobs::text[]) AS job (name)
LEFT JOIN LATERAL (
    SELECT run.status
    FROM web.run_state AS run
    WHERE run.job_name = job.name AND run.subject = ''
    ORDER BY run.started_at DESC
    LIMIT 1
) AS newest ON true
LEFT JOIN
    web.run_state AS running
    ON job.name = running.job_name AND running.subject = '' AND running.status = 'RUNNING'
LEFT JOIN LATERAL (
    SELECT run.started_at
    FROM web.run_state AS run
    WHERE run.job_name = job.name AND run.subject = '' AND run.status = 'SUCCESS' AND run.is_full
    ORDER BY run.started_at DESC
    LIMIT 1
) AS success ON true
LEFT JOIN LATERAL (
    SELECT run.started_at
    FROM web.run_state AS run
    WHERE run.job_name = job.name AND run.subject = '' AND run.triggered_by NOT IN ('cli', 'schedule')
    ORDER BY run.started_at DESC
    LIMIT 1
) AS triggered ON true;
