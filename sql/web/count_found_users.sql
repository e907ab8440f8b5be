-- name: count_found_users(lows, highs, area, tariff, status, most)$
-- How many users have an id within the spans; counting ends at :most.
SELECT count(*)
FROM (
    SELECT 1
    FROM unnest(:lows::bigint[], :highs::bigint[]) AS span (low, high)
    INNER JOIN web.user_total AS total ON total.user_id BETWEEN span.low AND span.high
    WHERE
        total.segment_id = any(array(
            SELECT id
            FROM web.user_segment
            WHERE
                (:area::text IS NULL OR area = :area)
                AND (:tariff::text IS NULL OR tariff = :tariff)
                AND (:status::text IS NULL OR status = :status)
        ))
    LIMIT :most
) AS found;
