-- name: count_runs(job_name, status, data_source, started_after, started_before)$
-- One value: how many runs match; what is null is any.
SELECT count(*)
FROM web.run AS run
WHERE
    (:job_name::text IS NULL OR run.job_name = :job_name)
    AND (:status::text IS NULL OR run.status = :status)
    AND (:data_source::text IS NULL OR run.data_source ? :data_source)
    AND (:started_after::timestamptz IS NULL OR run.started_at >= :started_after)
    AND (:started_before::timestamptz IS NULL OR run.started_at < :started_before);
