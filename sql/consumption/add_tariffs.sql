-- name: add_tariffs(names)!
-- Register the tariffs of tariff.csv that are new; none is ever deleted by absence.
INSERT INTO tariff (name)
SELECT name
FROM unnest(:names::text[]) AS given (name)
ON CONFLICT DO NOTHING;
