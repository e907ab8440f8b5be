-- name: list_user_faults(most)
-- One row per fault, by line; behind the first `most` one per reason. `faults` is how many a row stands for.
-- Of a master table without any name there is one row for the file, with the names that were found.
WITH fault AS (
    SELECT
        r.line_no,
        r.raw,
        u.reason,
        u.place,
        CASE
            WHEN u.reason = 'unknown_area' AND NOT EXISTS (SELECT 1 FROM area) THEN r.area
            WHEN u.reason = 'unknown_tariff' AND NOT EXISTS (SELECT 1 FROM tariff) THEN r.tariff
        END AS unlisted
    FROM refused_user AS r
    CROSS JOIN unnest(r.reasons) WITH ORDINALITY AS u (reason, place)
),

numbered AS (
    SELECT
        line_no,
        raw,
        reason,
        least(row_number() OVER (ORDER BY line_no, place), :most + 1) AS place
    FROM fault
    WHERE unlisted IS NULL
)

SELECT
    min(line_no) AS line_no,
    min(raw) AS raw,
    reason,
    1 AS lines,
    count(*) AS faults,
    place
FROM numbered
GROUP BY place, reason
UNION ALL
SELECT
    NULL AS line_no,
    string_agg(DISTINCT unlisted, ', ' ORDER BY unlisted) AS raw,
    reason,
    count(*) AS lines,
    1 AS faults,
    NULL AS place
FROM fault
WHERE unlisted IS NOT NULL
GROUP BY reason
ORDER BY place ASC NULLS LAST, reason ASC;
