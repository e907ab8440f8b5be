-- name: users_match_file()
-- Complaints: after the diff the open contracts are exactly the users of the file.
SELECT
    format(
        'user %%s: the file says (%%s), the open contract (%%s)',
        coalesce(s.id, held.user_id),
        concat_ws(', ', s.area, s.tariff),
        concat_ws(', ', held.area, held.tariff)
    ) AS complaint
FROM staged_user AS s
FULL JOIN (
    SELECT
        c.user_id,
        a.name AS area,
        t.name AS tariff
    FROM contract AS c
    INNER JOIN area AS a ON c.area_id = a.id
    INNER JOIN tariff AS t ON c.tariff_id = t.id
    WHERE c.valid_to IS NULL
) AS held ON s.id = held.user_id
WHERE (s.area, s.tariff) IS DISTINCT FROM (held.area, held.tariff)
LIMIT 10;
