-- name: contracts(user_id)
-- One row per contract of the user, oldest first.
SELECT
    area,
    tariff,
    valid_from,
    valid_to
FROM web.contract
WHERE user_id = :user_id
ORDER BY valid_from NULLS FIRST;
