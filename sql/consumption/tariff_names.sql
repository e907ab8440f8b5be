-- name: tariff_names()
-- One row per known tariff.
SELECT name
FROM tariff;
