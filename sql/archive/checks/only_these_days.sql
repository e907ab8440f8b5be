-- name: only_these_days(days)
-- Complaints: what is staged is of these days, and each of them was archived.
SELECT format('energy of %%s: %%s', strayed.energy_date, strayed.reason) AS complaint
FROM (
    SELECT
        energy_date,
        'it was not asked for' AS reason
    FROM staged_energy
    WHERE energy_date <> all(:days::date[])
    UNION
    SELECT
        asked.energy_date,
        'the day is not archived' AS reason
    FROM unnest(:days::date[]) AS asked (energy_date)
    LEFT JOIN archive_day AS archived ON asked.energy_date = archived.energy_date
    WHERE archived.energy_date IS NULL
) AS strayed
ORDER BY strayed.energy_date;
