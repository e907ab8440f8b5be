-- name: differing_load_profile()
-- Complaints: one per cell of load_profile that differs from the readings.
SELECT
    format(
        'load_profile weekday %%s hour %%s area %%s tariff %%s:'
        ' stored %%s readings %%s Wh, the readings give %%s and %%s Wh',
        coalesce(held.weekday, fresh.weekday),
        coalesce(held.hour, fresh.hour),
        a.name,
        t.name,
        coalesce(held.readings, 0),
        coalesce(held.energy_wh, 0),
        coalesce(fresh.readings, 0),
        coalesce(fresh.energy_wh, 0)
    ) AS complaint
FROM load_profile AS held
FULL JOIN (
    SELECT
        hour,
        area_id,
        tariff_id,
        extract(ISODOW FROM local_date)::smallint AS weekday,
        sum(readings)::bigint AS readings,
        sum(energy_wh) AS energy_wh
    FROM recomputed_cell
    GROUP BY extract(ISODOW FROM local_date), hour, area_id, tariff_id
) AS fresh
    ON
        held.weekday = fresh.weekday
        AND held.hour = fresh.hour
        AND held.area_id = fresh.area_id
        AND held.tariff_id = fresh.tariff_id
LEFT JOIN area AS a ON a.id = coalesce(held.area_id, fresh.area_id)
LEFT JOIN tariff AS t ON t.id = coalesce(held.tariff_id, fresh.tariff_id)
WHERE (held.readings, held.energy_wh) IS DISTINCT FROM (fresh.readings, fresh.energy_wh)
ORDER BY
    coalesce(held.weekday, fresh.weekday),
    coalesce(held.hour, fresh.hour),
    a.name,
    t.name;
