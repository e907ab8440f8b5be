-- name: count_users(area, tariff, status)$
-- How many users; from the aggregate, so that 300,000 are counted like 60.
SELECT coalesce(sum(users), 0)::bigint AS users
FROM web.user_segment
WHERE
    (:area::text IS NULL OR area = :area)
    AND (:tariff::text IS NULL OR tariff = :tariff)
    AND (:status::text IS NULL OR status = :status);
