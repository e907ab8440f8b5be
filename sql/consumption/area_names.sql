-- name: area_names()
-- One row per known area.
SELECT name
FROM area;
