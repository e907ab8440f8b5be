-- name: differing_user_segment()
-- Complaints: one per segment whose number of users differs from the contracts.
SELECT
    format(
        'user_segment area %%s tariff %%s active %%s: stored %%s users, the contracts give %%s',
        held.area_id, held.tariff_id, held.is_active, held.users, count(fresh.user_id)
    ) AS complaint
FROM user_segment AS held
LEFT JOIN recomputed_user AS fresh USING (area_id, tariff_id, is_active)
GROUP BY held.id
HAVING held.users <> count(fresh.user_id)
ORDER BY held.id;
