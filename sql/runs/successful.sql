-- name: successful(folders, days)
-- One row per completion folder that may go: its run succeeded more than so many days ago.
SELECT execution_uuid::text AS folder
FROM run
WHERE
    execution_uuid::text = any(:folders::text[])
    AND status = 'SUCCESS'
    AND finished_at < now() - make_interval(days => :days);
