-- name: version()^
-- One row: what a cached page depends on - the data version and, in the order of the jobs $1, how each stands:
-- FAILURE from its newest failure until a full run of it ends well, else RUNNING, else SUCCESS, and since when.
SELECT
    dataset.tz,
    dataset.data_version,
    dataset.version_uuid::text AS version_uuid,
    coalesce(state.statuses, '{}') AS statuses,
    coalesce(state.instants, '{}') AS instants
FROM web.dataset AS dataset
CROSS JOIN LATERAL (
    SELECT
        array_agg(
            CASE
                WHEN failure.finished_at IS NOT NULL THEN 'FAILURE'
                WHEN running.started_at IS NOT NULL THEN 'RUNNING'
                WHEN success.finished_at IS NOT NULL THEN 'SUCCESS'
            END ORDER BY job.place
        ) AS statuses,
        array_agg(
            coalesce(failure.finished_at, running.started_at, success.finished_at) ORDER BY job.place
        ) AS instants
    FROM unnest($1::text[]) WITH ORDINALITY AS job (name, place)
    -- Sorted by job_name as well, the rows come from an index of the job: what others ran is not looked through.
    LEFT JOIN LATERAL (
        SELECT
            run.job_name,
            run.subject,
            run.started_at,
            run.finished_at
        FROM web.run_state AS run
        WHERE run.job_name >= job.name AND run.status = 'SUCCESS' AND run.is_full
        ORDER BY run.job_name ASC, run.subject ASC, run.started_at DESC
        LIMIT 1
    ) AS success ON job.name = success.job_name AND success.subject = ''
    LEFT JOIN LATERAL (
        SELECT run.finished_at
        FROM web.run_state AS run
        WHERE
            run.job_name >= job.name AND run.job_name <= job.name
            AND run.subject = ''
            AND run.status = 'FAILURE'
            AND run.is_full
            AND run.started_at > coalesce(success.started_at, '-infinity')
        ORDER BY run.job_name ASC, run.started_at DESC
        LIMIT 1
    ) AS failure ON TRUE
    LEFT JOIN
        web.run_state AS running
        ON job.name = running.job_name AND running.subject = '' AND running.status = 'RUNNING'
) AS state;
