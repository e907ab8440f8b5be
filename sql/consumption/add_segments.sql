-- name: add_segments()!
-- One row per area, tariff and status that a changed user is the first of.
INSERT INTO user_segment (area_id, tariff_id, is_active)
SELECT DISTINCT
    newest.area_id,
    newest.tariff_id,
    newest.is_active
FROM newest_contract AS newest
INNER JOIN user_change AS u ON newest.user_id = u.user_id
WHERE u.change <> 'unchanged'
ON CONFLICT (area_id, tariff_id, is_active) DO NOTHING;
