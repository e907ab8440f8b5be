-- name: add_segments()!
-- One row per area, tariff and status of a newest contract that has none.
INSERT INTO user_segment (area_id, tariff_id, is_active)
SELECT DISTINCT
    area_id,
    tariff_id,
    is_active
FROM newest_contract
ON CONFLICT (area_id, tariff_id, is_active) DO NOTHING;
