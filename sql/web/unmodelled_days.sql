-- name: unmodelled_days()^
-- One row: how many archived days have no energy computed since, the first and the last of them.
SELECT
    count(*) AS days,
    min(energy_date) AS first_date,
    max(energy_date) AS last_date
FROM web.archive_day
WHERE modelled_at IS NULL;
