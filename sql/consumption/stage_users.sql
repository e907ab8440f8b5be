-- name: stage_users()!
-- One row per user of the file: what the first line without a fault says.
INSERT INTO staged_user (id, area, tariff)
SELECT DISTINCT ON (l.id)
    l.id,
    l.area,
    l.tariff
FROM user_line AS l
INNER JOIN area AS a ON l.area = a.name
INNER JOIN tariff AS t ON l.tariff = t.name
WHERE l.id IS NOT NULL
ORDER BY l.id ASC, l.line_no ASC;
