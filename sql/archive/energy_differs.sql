-- name: energy_differs(days)$
-- Whether the staged rows say something else of the days than what is stored.
SELECT
    exists(
        (
            SELECT *
            FROM staged_energy
            EXCEPT
            SELECT *
            FROM daily_energy
            WHERE energy_date = any(:days::date[])
        )
        UNION ALL
        (
            SELECT *
            FROM daily_energy
            WHERE energy_date = any(:days::date[])
            EXCEPT
            SELECT *
            FROM staged_energy
        )
    ) AS differs;
