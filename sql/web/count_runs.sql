-- name: count_runs(job_name, status, data_source, run_date, group_uuid, started_after, started_before)$
-- One value: how many runs match; what is null is any.
SELECT count(*)
FROM web.run AS run
WHERE
    (:job_name::text IS NULL OR run.job_name = :job_name)
    AND (:status::text IS NULL OR run.status = :status)
    AND (:data_source::text IS NULL OR run.data_source ? :data_source)
    AND (
        :run_date::date IS NULL
        OR run.id IN (
            SELECT state.id
            FROM web.run_state AS state
            WHERE state.run_date = :run_date
        )
    )
    AND (
        :group_uuid::uuid IS NULL
        OR run.id IN (
            SELECT state.id
            FROM web.run_state AS state
            WHERE state.group_uuid = :group_uuid
        )
    )
    AND (:started_after::timestamptz IS NULL OR run.started_at >= :started_after)
    AND (:started_before::timestamptz IS NULL OR run.started_at < :started_before);
