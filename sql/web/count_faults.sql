-- name: count_faults(execution_uuid)$
-- One value: how many refused lines and files and conflicting repeats of a run are kept.
SELECT count(*)
FROM web.rejected_row AS fault
INNER JOIN web.run AS run ON fault.run_id = run.id
WHERE run.execution_uuid = :execution_uuid::uuid;
