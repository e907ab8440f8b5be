-- name: booked_once(inserted)
-- Complaints: every inserted reading is in exactly one cell and in its user's total, with its energy.
SELECT
    format(
        'inserted %%s readings, booked %%s in cells (%%s Wh) and %%s in user totals (%%s Wh)',
        :inserted, cells.readings, cells.energy_wh, users.readings, users.energy_wh
    ) AS complaint
FROM (
    SELECT
        coalesce(sum(readings), 0) AS readings,
        coalesce(sum(energy_wh), 0) AS energy_wh
    FROM cell_delta
) AS cells
CROSS JOIN (
    SELECT
        coalesce(sum(readings), 0) AS readings,
        coalesce(sum(energy_wh), 0) AS energy_wh
    FROM user_applied
) AS users
WHERE
    cells.readings <> :inserted
    OR users.readings <> :inserted
    OR cells.energy_wh <> users.energy_wh;
