-- name: period()^
-- One row: the first and the last local date with readings.
SELECT
    min(local_date) AS first_date,
    max(local_date) AS last_date
FROM web.load_by_date;
