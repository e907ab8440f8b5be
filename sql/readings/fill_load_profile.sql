-- name: fill_load_profile()!
-- One row per ISO weekday, hour and cell of the recomputed dates.
INSERT INTO load_profile (weekday, hour, area_id, tariff_id, readings, energy_wh)
SELECT
    extract(ISODOW FROM local_date)::smallint AS weekday,
    hour,
    area_id,
    tariff_id,
    sum(readings),
    trim_scale(sum(energy_wh))
FROM recomputed_cell
GROUP BY extract(ISODOW FROM local_date), hour, area_id, tariff_id;
