-- name: run_state()^
-- One row: the newest run's status, and when the newest run that ended well did.
SELECT
    (
        SELECT status
        FROM web.run
        ORDER BY id DESC
        LIMIT 1
    ) AS status,
    (
        SELECT finished_at
        FROM web.run
        WHERE status = 'SUCCESS'
        ORDER BY id DESC
        LIMIT 1
    ) AS succeeded_at;
