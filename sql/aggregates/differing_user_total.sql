-- name: differing_user_total()
-- Complaints: one per user whose total differs from the readings.
SELECT
    format(
        'user_total %%s: stored %%s readings %%s Wh last %%s, the readings give %%s and %%s Wh last %%s',
        coalesce(held.user_id, fresh.user_id),
        coalesce(held.readings, 0),
        coalesce(held.energy_wh, 0),
        held.last_measured_at,
        coalesce(fresh.readings, 0),
        coalesce(fresh.energy_wh, 0),
        fresh.last_measured_at
    ) AS complaint
FROM user_total AS held
FULL JOIN recomputed_user AS fresh ON held.user_id = fresh.user_id
WHERE
    (held.readings, held.energy_wh, held.last_measured_at)
    IS DISTINCT FROM (fresh.readings, fresh.energy_wh, fresh.last_measured_at)
ORDER BY coalesce(held.user_id, fresh.user_id);
