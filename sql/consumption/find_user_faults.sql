-- name: find_user_faults()!
-- One row per line with faults, and the reason codes of all of them.
CREATE TEMP TABLE refused_user ON COMMIT DROP AS
SELECT
    l.line_no,
    l.raw,
    l.area,
    l.tariff,
    CASE
        WHEN l.reason IS NOT NULL THEN ARRAY[l.reason]
        ELSE array_remove(ARRAY[
            CASE WHEN l.id IS NULL THEN 'bad_id' END,
            CASE WHEN l.area IS NULL THEN 'bad_area' WHEN a.id IS NULL THEN 'unknown_area' END,
            CASE WHEN l.tariff IS NULL THEN 'bad_tariff' WHEN t.id IS NULL THEN 'unknown_tariff' END,
            CASE WHEN a.id + t.id IS NOT NULL AND (l.area, l.tariff) <> (s.area, s.tariff) THEN 'id_twice' END
        ], NULL)
    END AS reasons
FROM user_line AS l
LEFT JOIN area AS a ON l.area = a.name
LEFT JOIN tariff AS t ON l.tariff = t.name
LEFT JOIN staged_user AS s ON l.id = s.id
WHERE l.id IS NULL OR a.id IS NULL OR t.id IS NULL OR (l.area, l.tariff) <> (s.area, s.tariff);
