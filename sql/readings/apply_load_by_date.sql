-- name: apply_load_by_date()!
-- Add the booked differences, one row per local date, hour and cell; a cell left empty goes.
MERGE INTO load_by_date AS held
USING (
    SELECT
        local_date,
        hour,
        area_id,
        tariff_id,
        sum(readings) AS readings,
        sum(energy_wh) AS energy_wh
    FROM cell_delta
    GROUP BY local_date, hour, area_id, tariff_id
    HAVING sum(readings) <> 0 OR sum(energy_wh) <> 0
) AS delta
    ON
        held.local_date = delta.local_date
        AND held.hour = delta.hour
        AND held.area_id = delta.area_id
        AND held.tariff_id = delta.tariff_id
WHEN MATCHED AND held.readings + delta.readings = 0
THEN DELETE
WHEN MATCHED
THEN
    UPDATE
        SET
            readings = held.readings + delta.readings,
            energy_wh = trim_scale(held.energy_wh + delta.energy_wh)
WHEN NOT MATCHED
THEN
    INSERT (local_date, hour, area_id, tariff_id, readings, energy_wh)
    VALUES (
        delta.local_date,
        delta.hour,
        delta.area_id,
        delta.tariff_id,
        delta.readings,
        trim_scale(delta.energy_wh)
    );
