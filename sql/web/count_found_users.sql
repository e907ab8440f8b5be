-- name: count_found_users(lows, highs, area, tariff, status, most)$
-- How many users have an id within the spans; counting ends at :most.
SELECT count(*)
FROM (
    SELECT 1
    FROM unnest(:lows::bigint[], :highs::bigint[]) AS span (low, high)
    CROSS JOIN
        LATERAL (
            SELECT total.user_id
            FROM web.user_total AS total
            WHERE
                total.user_id BETWEEN span.low AND span.high
                AND total.segment_id = any(array(
                    SELECT id
                    FROM web.user_segment
                    WHERE
                        (:area::text IS NULL OR area = :area)
                        AND (:tariff::text IS NULL OR tariff = :tariff)
                        AND (:status::text IS NULL OR status = :status)
                ))
            -- an order makes the planner take the index, which it would think too dear
            ORDER BY total.user_id
            LIMIT :most
        ) AS total
    LIMIT :most
) AS found;
