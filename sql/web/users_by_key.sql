-- name: users_by_key(key, direction, beyond, from_value, from_id, ids, area, tariff, status, most)
-- One row per user of one page: from (from_value, from_id) on, in the order (key, id). Each segment gives
-- its own next rows by an index; they are merged after.
SELECT
    found.user_id,
    segment.area,
    segment.tariff,
    segment.status,
    found.energy_wh,
    '' AS label,
    nullif(found.last_measured_at, '-infinity') AS last_measured_at,
    found.:key::text AS key_text
FROM web.user_segment AS segment
CROSS JOIN
    LATERAL (
        SELECT
            total.user_id,
            total.energy_wh,
            total.last_measured_at
        FROM web.user_total AS total
        WHERE
            total.segment_id = segment.id
            AND (total.:key, total.user_id) :beyond (:from_value, :from_id)
            -- coalesce: else the planner expects almost none of them, and sorts instead of walking
            AND coalesce(total.user_id <@ :ids::int8multirange, :ids IS NULL)
        ORDER BY total.:key :direction, total.user_id :direction
        LIMIT :most
    ) AS found
WHERE
    segment.users > 0
    AND (:area::text IS NULL OR segment.area = :area)
    AND (:tariff::text IS NULL OR segment.tariff = :tariff)
    AND (:status::text IS NULL OR segment.status = :status)
ORDER BY found.:key :direction, found.user_id :direction
LIMIT :most;
