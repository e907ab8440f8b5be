-- name: recompute_users()!
-- One row per user, from the contracts and readings alone.
CREATE TEMP TABLE recomputed_user ON COMMIT DROP AS
SELECT
    newest.user_id,
    newest.area_id,
    newest.tariff_id,
    newest.is_active,
    coalesce(sums.readings, 0) AS readings,
    trim_scale(coalesce(sums.energy_wh, 0)) AS energy_wh,
    coalesce(sums.last_measured_at, '-infinity') AS last_measured_at
FROM newest_contract AS newest
LEFT JOIN (
    SELECT
        user_id,
        count(*) AS readings,
        sum(energy_wh) AS energy_wh,
        max(measured_at) AS last_measured_at
    FROM reading
    GROUP BY user_id
) AS sums ON newest.user_id = sums.user_id;
