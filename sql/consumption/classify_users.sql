-- name: classify_users(day)!
-- One row per user who is in the file or has an open contract: what day D changes for them.
-- moves_from: the local date from which their stored readings belong to another contract.
CREATE TEMP TABLE user_change ON COMMIT DROP AS
SELECT
    coalesce(staged.id, held.user_id) AS user_id,
    staged.area_id,
    staged.tariff_id,
    CASE
        WHEN staged.id IS NULL THEN 'departed'
        WHEN held.user_id IS NULL AND known.id IS NULL THEN 'new'
        WHEN held.user_id IS NULL THEN 'returned'
        WHEN (held.area_id, held.tariff_id) = (staged.area_id, staged.tariff_id) THEN 'unchanged'
        ELSE 'changed'
    END AS change,
    CASE
        WHEN held.user_id IS NULL THEN :day::date
        -- a contract made on D is replaced by a second change on D, not closed
        WHEN staged.id IS NULL AND held.valid_from = :day THEN held.valid_from
        WHEN staged.id IS NULL THEN NULL
        WHEN (held.area_id, held.tariff_id) = (staged.area_id, staged.tariff_id) THEN NULL
        WHEN held.opened_on = :day THEN held.valid_from
        ELSE :day::date
    END AS moves_from
FROM (
    SELECT
        s.id,
        a.id AS area_id,
        t.id AS tariff_id
    FROM staged_user AS s
    INNER JOIN area AS a ON s.area = a.name
    INNER JOIN tariff AS t ON s.tariff = t.name
) AS staged
FULL JOIN (
    SELECT
        user_id,
        area_id,
        tariff_id,
        valid_from,
        opened_on
    FROM contract
    WHERE valid_to IS NULL
) AS held ON staged.id = held.user_id
LEFT JOIN app_user AS known ON staged.id = known.id;
