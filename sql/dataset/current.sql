-- name: current()^
-- The time zone and unit of the first import, if there was one.
SELECT
    tz,
    consumption_unit
FROM dataset;
