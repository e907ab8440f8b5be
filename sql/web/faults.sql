-- name: faults(execution_uuid, skip, most)
-- One row per refused line or file of a run, then per repeat with another value, in the order found.
SELECT
    fault.kind,
    fault.file,
    fault.line,
    fault.line_count,
    fault.raw,
    fault.reason
FROM web.rejected_row AS fault
INNER JOIN web.run AS run ON fault.run_id = run.id
WHERE run.execution_uuid = :execution_uuid::uuid
ORDER BY fault.id
LIMIT :most OFFSET :skip;
