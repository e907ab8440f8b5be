-- name: user(user_id)^
-- At most one row: the user with newest area and tariff and status.
SELECT
    id,
    area,
    tariff,
    status,
    departed_on
FROM web.user
WHERE id = :user_id;
