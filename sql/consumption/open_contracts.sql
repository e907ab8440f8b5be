-- name: open_contracts(day)!
-- One row per user of the file who has no open contract now: from D, a first one from -infinity.
INSERT INTO contract (user_id, area_id, tariff_id, valid_from, opened_on)
SELECT
    u.user_id,
    u.area_id,
    u.tariff_id,
    CASE WHEN u.change = 'new' THEN '-infinity' ELSE :day::date END,
    :day::date
FROM user_change AS u
WHERE
    u.change <> 'departed'
    AND NOT EXISTS (
        SELECT 1
        FROM contract AS c
        WHERE c.user_id = u.user_id AND c.valid_to IS NULL
    );
