-- name: fill_user_total()!
-- One row per user.
INSERT INTO user_total (user_id, segment_id, readings, energy_wh, last_measured_at)
SELECT
    fresh.user_id,
    segment.id,
    fresh.readings,
    fresh.energy_wh,
    fresh.last_measured_at
FROM recomputed_user AS fresh
INNER JOIN user_segment AS segment USING (area_id, tariff_id, is_active);
