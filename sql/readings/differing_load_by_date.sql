-- name: differing_load_by_date(first_date, end_date)
-- Complaints: one per cell of load_by_date, within the dates, that differs from the readings.
SELECT
    format(
        'load_by_date %%s hour %%s area %%s tariff %%s:'
        ' stored %%s readings %%s Wh, the readings give %%s and %%s Wh',
        coalesce(held.local_date, fresh.local_date),
        coalesce(held.hour, fresh.hour),
        a.name,
        t.name,
        coalesce(held.readings, 0),
        coalesce(held.energy_wh, 0),
        coalesce(fresh.readings, 0),
        coalesce(fresh.energy_wh, 0)
    ) AS complaint
FROM (
    SELECT *
    FROM load_by_date
    WHERE local_date >= :first_date AND local_date < :end_date
) AS held
FULL JOIN recomputed_cell AS fresh
    ON
        held.local_date = fresh.local_date
        AND held.hour = fresh.hour
        AND held.area_id = fresh.area_id
        AND held.tariff_id = fresh.tariff_id
LEFT JOIN area AS a ON a.id = coalesce(held.area_id, fresh.area_id)
LEFT JOIN tariff AS t ON t.id = coalesce(held.tariff_id, fresh.tariff_id)
WHERE (held.readings, held.energy_wh) IS DISTINCT FROM (fresh.readings, fresh.energy_wh)
ORDER BY
    coalesce(held.local_date, fresh.local_date),
    coalesce(held.hour, fresh.hour),
    a.name,
    t.name;
