-- name: add_areas(names)!
-- Register the areas of area.csv that are new; none is ever deleted by absence.
INSERT INTO area (name)
SELECT name
FROM unnest(:names::text[]) AS given (name)
ON CONFLICT DO NOTHING;
