-- name: close_contracts(day)!
-- One row per user whose contract this run closes, half-open: valid_to = D is no longer in it.
-- A contract that was itself made on D is replaced instead: D ends with one change, the last.
MERGE INTO contract AS held
USING (
    SELECT
        user_id,
        change,
        area_id,
        tariff_id
    FROM user_change
    WHERE change IN ('changed', 'departed')
) AS u ON held.user_id = u.user_id AND held.valid_to IS NULL
WHEN MATCHED AND u.change = 'changed' AND held.opened_on = :day
THEN UPDATE SET area_id = u.area_id, tariff_id = u.tariff_id
WHEN MATCHED AND u.change = 'departed' AND held.valid_from = :day
THEN DELETE
WHEN MATCHED
THEN UPDATE SET valid_to = :day;
