-- name: differing_user_total()
-- Complaints: one per user whose total or segment differs from the readings and contracts.
SELECT
    format(
        'user_total %%s: stored %%s readings %%s Wh last %%s in segment %%s,'
        ' the readings and contracts give %%s and %%s Wh last %%s in segment %%s',
        coalesce(held.user_id, fresh.user_id),
        coalesce(held.readings, 0),
        coalesce(held.energy_wh, 0),
        held.last_measured_at,
        held.segment_id,
        coalesce(fresh.readings, 0),
        coalesce(fresh.energy_wh, 0),
        fresh.last_measured_at,
        fresh.segment_id
    ) AS complaint
FROM user_total AS held
FULL JOIN (
    SELECT
        recomputed.user_id,
        recomputed.readings,
        recomputed.energy_wh,
        recomputed.last_measured_at,
        segment.id AS segment_id
    FROM recomputed_user AS recomputed
    LEFT JOIN user_segment AS segment USING (area_id, tariff_id, is_active)
) AS fresh ON held.user_id = fresh.user_id
WHERE
    (held.segment_id, held.readings, held.energy_wh, held.last_measured_at)
    IS DISTINCT FROM (fresh.segment_id, fresh.readings, fresh.energy_wh, fresh.last_measured_at)
ORDER BY coalesce(held.user_id, fresh.user_id);
