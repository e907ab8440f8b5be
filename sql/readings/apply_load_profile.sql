-- name: apply_load_profile()!
-- Add the booked differences, one row per ISO weekday, hour and cell; a cell left empty goes.
MERGE INTO load_profile AS held
USING (
    SELECT
        extract(ISODOW FROM local_date)::smallint AS weekday,
        hour,
        area_id,
        tariff_id,
        sum(readings) AS readings,
        sum(energy_wh) AS energy_wh
    FROM cell_delta
    GROUP BY extract(ISODOW FROM local_date), hour, area_id, tariff_id
    HAVING sum(readings) <> 0 OR sum(energy_wh) <> 0
) AS delta
    ON
        held.weekday = delta.weekday
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
    INSERT (weekday, hour, area_id, tariff_id, readings, energy_wh)
    VALUES (
        delta.weekday,
        delta.hour,
        delta.area_id,
        delta.tariff_id,
        delta.readings,
        trim_scale(delta.energy_wh)
    );
