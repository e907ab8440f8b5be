-- name: reject(run_id, rows)!
-- One row per fault or conflicting repeat that the run keeps.
INSERT INTO rejected_row (run_id, kind, file, line, line_count, raw, reason)
SELECT
    :run_id,
    kind,
    file,
    line,
    line_count,
    raw,
    reason
FROM jsonb_populate_recordset(NULL::rejected_row, :rows::jsonb);
