-- name: usual_input(run_id, job_name, subject)$
-- One row, or none if there are too few to compare with: the median of what the last full runs before read.
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY last_runs.input_count)
FROM (
    SELECT input_count
    FROM run
    WHERE job_name = :job_name AND subject = :subject AND status = 'SUCCESS' AND is_full AND id <> :run_id
    ORDER BY started_at DESC
    LIMIT 7
) AS last_runs
HAVING count(*) >= 3;
