-- name: job_state(jobs)
-- One row per job: its newest run's status, the run that is running, and when the newest run that ended well
-- and the newest that somebody triggered in the viewer started; what never was is null.
SELECT
    job.name,
    newest.status,
    running.execution_uuid::text AS running_uuid,
    success.started_at AS succeeded_at,
    triggered.started_at AS triggered_at
FROM unnest(:jobs::text[]) AS job (name)
LEFT JOIN LATERAL (
    SELECT run.status
    FROM web.run AS run
    WHERE run.job_name = job.name
    ORDER BY run.started_at DESC
    LIMIT 1
) AS newest ON true
LEFT JOIN web.run AS running ON job.name = running.job_name AND running.status = 'RUNNING'
LEFT JOIN LATERAL (
    SELECT run.started_at
    FROM web.run AS run
    WHERE
        run.job_name = job.name
        AND run.status = 'SUCCESS'
        -- of all the inbox, and one that loaded it
        AND NOT coalesce(run.metadata ?| ARRAY['user_ids', 'sources', 'mode'], false)
    ORDER BY run.started_at DESC
    LIMIT 1
) AS success ON true
LEFT JOIN LATERAL (
    SELECT run.started_at
    FROM web.run AS run
    WHERE run.job_name = job.name AND run.metadata ->> 'triggered_by' NOT IN ('cli', 'schedule')
    ORDER BY run.started_at DESC
    LIMIT 1
) AS triggered ON true;
