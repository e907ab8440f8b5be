-- name: fill_load_by_date()!
-- One row per recomputed local date, hour and cell.
INSERT INTO load_by_date (local_date, hour, area_id, tariff_id, readings, energy_wh)
SELECT
    local_date,
    hour,
    area_id,
    tariff_id,
    readings,
    energy_wh
FROM recomputed_cell;
