-- name: profile(area, tariff, split)
-- One row per ISO weekday, local hour and part (an area, a tariff, or all in one) over all time.
SELECT
    hour,
    weekday,
    CASE :split WHEN 'area' THEN area WHEN 'tariff' THEN tariff ELSE '' END AS part,
    sum(readings)::bigint AS readings,
    sum(energy_wh) AS energy_wh
FROM web.load_profile
WHERE
    (:area::text IS NULL OR area = :area)
    AND (:tariff::text IS NULL OR tariff = :tariff)
GROUP BY 1, 2, 3
ORDER BY 2, 1, 3;
