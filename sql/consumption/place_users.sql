-- name: place_users()!
-- One row per changed user, in the segment of the newest contract.
INSERT INTO user_total (user_id, segment_id)
SELECT
    newest.user_id,
    segment.id
FROM newest_contract AS newest
INNER JOIN user_segment AS segment USING (area_id, tariff_id, is_active)
INNER JOIN user_change AS u ON newest.user_id = u.user_id
WHERE u.change <> 'unchanged'
ON CONFLICT (user_id) DO UPDATE SET segment_id = excluded.segment_id;
