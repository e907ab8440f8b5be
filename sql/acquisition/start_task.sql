-- name: start_task(task_id, execution_uuid, job_name, subject, run_date, group_uuid, started_at, metadata, next_scheduled_for)$
-- One value: the run begins and has the task, seen by everybody at once; none if another run took it before.
WITH waiting AS (
    SELECT id
    FROM acquisition_tasks
    WHERE id = :task_id AND run_id IS NULL
    FOR UPDATE
),

started AS (
    INSERT INTO run (
        execution_uuid,
        job_name,
        subject,
        run_date,
        group_uuid,
        started_at,
        metadata,
        next_scheduled_for,
        status
    )
    SELECT
        :execution_uuid,
        :job_name,
        :subject,
        :run_date,
        :group_uuid,
        :started_at,
        :metadata,
        :next_scheduled_for,
        'RUNNING'
    FROM waiting
    RETURNING id
)

UPDATE acquisition_tasks
SET run_id = started.id
FROM started
WHERE acquisition_tasks.id = :task_id
RETURNING acquisition_tasks.run_id;
