-- name: finish(run_id, record)!
-- One row: how the run ended. A row that says so already is left alone.
UPDATE run
SET
    status = ended.status,
    finished_at = ended.finished_at,
    duration_seconds = ended.duration_seconds,
    data_source = ended.data_source,
    input_count = ended.input_count,
    inserted_count = ended.inserted_count,
    skipped_count = ended.skipped_count,
    error_count = ended.error_count,
    skip_breakdown = ended.skip_breakdown,
    error_summary = ended.error_summary,
    metadata = ended.metadata,
    next_scheduled_for = ended.next_scheduled_for,
    updated_at = greatest(clock_timestamp(), ended.finished_at)
FROM jsonb_populate_record(NULL::run, :record::jsonb) AS ended
WHERE run.id = :run_id AND run.status = 'RUNNING';
