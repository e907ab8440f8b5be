-- name: usual_input(run_id, job_name)$
-- One row, or none if there are too few to compare with: the median of what the last runs before read. Runs of
-- part of the inbox (user_ids, sources) and those that load nothing (mode) do not count.
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY last_runs.input_count)
FROM (
    SELECT input_count
    FROM run
    WHERE
        job_name = :job_name
        AND status = 'SUCCESS'
        AND id <> :run_id
        AND NOT coalesce(metadata ?| ARRAY['user_ids', 'sources', 'mode'], FALSE)
    ORDER BY started_at DESC
    LIMIT 7
) AS last_runs
HAVING count(*) >= 3;
