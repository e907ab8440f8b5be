-- name: insert_readings(wh_per_unit)!
-- One row per staged reading whose user and time are not registered yet; the first in file order wins.
WITH inserted AS (
    INSERT INTO reading (user_id, measured_at, energy_wh)
    SELECT
        user_id,
        measured_at,
        trim_scale(energy * :wh_per_unit)
    FROM staged_reading
    ORDER BY file_no, line_no
    ON CONFLICT (user_id, measured_at) DO NOTHING
    RETURNING user_id, measured_at, energy_wh
)

INSERT INTO booking (user_id, measured_at, energy_wh)
SELECT
    user_id,
    measured_at,
    energy_wh
FROM inserted;
