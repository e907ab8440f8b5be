-- name: register(tz, unit)!
-- Keep the time zone and unit of the first import: later runs must have the same.
INSERT INTO dataset (tz, consumption_unit)
VALUES (:tz, :unit)
ON CONFLICT DO NOTHING;
