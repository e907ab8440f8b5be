-- For which date a run was, and which runs one request made.

ALTER TABLE run
ADD COLUMN run_date date,
ADD COLUMN group_uuid uuid;
COMMENT ON COLUMN run.run_date IS 'The local date that the run was for.';
COMMENT ON COLUMN run.group_uuid IS
'Of the first run of the same request: the dates of a range are one group.';

UPDATE run SET run_date = (metadata ->> 'date')::date
WHERE metadata ->> 'date' ~ '^\d{4}-\d{2}-\d{2}$';

CREATE INDEX run_of_date ON run (run_date, started_at DESC);
CREATE INDEX run_of_group ON run (group_uuid);

CREATE OR REPLACE VIEW web.run_state AS
SELECT
    id,
    execution_uuid,
    job_name,
    status,
    started_at,
    finished_at,
    requested_at,
    is_full,
    metadata ->> 'triggered_by' AS triggered_by,
    run_date,
    group_uuid
FROM public.run;
