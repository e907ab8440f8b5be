-- name: join_adjoining(day)!
-- One row per contract reopened because D, in the end, changed nothing: the row made on D goes.
WITH undone AS (
    DELETE FROM contract AS made
    USING contract AS before
    WHERE
        made.valid_from = :day
        AND made.valid_to IS NULL
        AND before.user_id = made.user_id
        AND before.valid_to = :day
        AND (before.area_id, before.tariff_id) = (made.area_id, made.tariff_id)
    RETURNING before.id
)

UPDATE contract
SET valid_to = NULL
FROM undone
WHERE contract.id = undone.id;
