-- name: count(run_id, record)!
-- One row: the live counts of a running run.
UPDATE run
SET
    input_count = live.input_count,
    inserted_count = live.inserted_count,
    skipped_count = live.skipped_count,
    error_count = live.error_count,
    updated_at = clock_timestamp()
FROM jsonb_populate_record(NULL::run, :record::jsonb) AS live
WHERE run.id = :run_id AND run.status = 'RUNNING';
