-- name: only_these_days(days)
-- Complaints: what is staged is of these days, and each of them was archived.
SELECT strayed.complaint
FROM (
    SELECT
        energy_date,
        format('energy of %%s: it was not asked for', energy_date) AS complaint
    FROM staged_energy
    WHERE energy_date <> all(:days::date[])
    UNION
    SELECT
        asked.energy_date,
        format('energy of %%s: the day is not archived', asked.energy_date) AS complaint
    FROM unnest(:days::date[]) AS asked (energy_date)
    LEFT JOIN archive_day AS archived ON asked.energy_date = archived.energy_date
    WHERE archived.energy_date IS NULL
) AS strayed
ORDER BY strayed.energy_date;
