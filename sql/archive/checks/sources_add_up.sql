-- name: sources_add_up(days)
-- Complaints: the sources of each day add up to its total, and there is a total where there are sources.
SELECT
    format(
        'energy of %%s: its %%s sources have %%s kWh and %%s points; its total says %%s, %%s and %%s',
        coalesce(added.energy_date, total.energy_date), added.sources, added.energy_kwh, added.points,
        total.sources, total.daily_energy_kwh, total.points
    ) AS complaint
FROM (
    SELECT
        energy_date,
        count(*) AS sources,
        sum(daily_energy_kwh) AS energy_kwh,
        sum(points) AS points
    FROM daily_energy
    WHERE energy_date = any(:days::date[])
    GROUP BY energy_date
) AS added
FULL JOIN (
    SELECT *
    FROM daily_energy_total
    WHERE energy_date = any(:days::date[])
) AS total ON added.energy_date = total.energy_date
WHERE
    (added.sources, added.energy_kwh, added.points)
    IS DISTINCT FROM (total.sources, total.daily_energy_kwh, total.points)
ORDER BY complaint;
