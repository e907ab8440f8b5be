-- name: names()
-- One row per area and tariff: its kind and name, in the order a form shows them.
SELECT
    'area' AS kind,
    name
FROM web.area
UNION ALL
SELECT
    'tariff' AS kind,
    name
FROM web.tariff
ORDER BY kind, name;
