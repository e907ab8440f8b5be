-- name: run(execution_uuid)$
-- One value: the run, or null if there is none.
SELECT to_json(run)
FROM web.run AS run
WHERE run.execution_uuid = :execution_uuid::uuid;
