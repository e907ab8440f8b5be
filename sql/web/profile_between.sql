-- name: profile_between(start_date, end_date, area, tariff, split)
-- One row per ISO weekday, local hour and part (an area, a tariff, or all in one) within the dates.
SELECT
    hour,
    extract(ISODOW FROM local_date)::smallint AS weekday,
    CASE :split WHEN 'area' THEN area WHEN 'tariff' THEN tariff ELSE '' END AS part,
    sum(readings)::bigint AS readings,
    sum(energy_wh) AS energy_wh
FROM web.load_by_date
WHERE
    local_date BETWEEN coalesce(:start_date::date, '-infinity') AND coalesce(:end_date::date, 'infinity')
    AND (:area::text IS NULL OR area = :area)
    AND (:tariff::text IS NULL OR tariff = :tariff)
GROUP BY 1, 2, 3
ORDER BY 2, 1, 3;
