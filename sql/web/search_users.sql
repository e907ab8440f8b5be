-- name: search_users(key, direction, beyond, from_value, from_id, lows, highs, few, area, tariff, status, most)
-- One row per user of one page of a search, sorted by another key than the id: few enough to sort them.
SELECT
    total.user_id,
    segment.area,
    segment.tariff,
    segment.status,
    total.energy_wh,
    '' AS label,
    nullif(total.last_measured_at, '-infinity') AS last_measured_at,
    total.:key::text AS key_text
FROM unnest(:lows::bigint[], :highs::bigint[]) AS span (low, high)
CROSS JOIN
    LATERAL (
        SELECT one.*
        FROM web.user_total AS one
        WHERE
            one.user_id BETWEEN span.low AND span.high
            AND one.segment_id = any(array(
                SELECT id
                FROM web.user_segment
                WHERE
                    (:area::text IS NULL OR area = :area)
                    AND (:tariff::text IS NULL OR tariff = :tariff)
                    AND (:status::text IS NULL OR status = :status)
            ))
        -- an order makes the planner take the index, which it would think too dear
        ORDER BY one.user_id
        LIMIT :few
    ) AS total
INNER JOIN web.user_segment AS segment ON total.segment_id = segment.id
WHERE (total.:key, total.user_id) :beyond (:from_value, :from_id)
ORDER BY total.:key :direction, total.user_id :direction
LIMIT :most;
