-- name: users_page(key, direction, beyond, reaching, label, from_label, from_value, from_id, start_value, start_id, start_tie, lows, highs, ids, area, tariff, status, most)
-- One row per user of one page: after (from_label, from_value, from_id) in the order (label, key, id).
-- Each segment and span of ids gives its own next rows by an index; they are merged after. So a page
-- costs the same wherever it is, and however many users there are.
SELECT
    found.user_id,
    segment.area,
    segment.tariff,
    segment.status,
    found.energy_wh,
    segment.label,
    found.last_measured_at,
    found.key_value::text AS key_text
FROM (
    SELECT
        id,
        area,
        tariff,
        status,
        CASE :label WHEN 'area' THEN area WHEN 'tariff' THEN tariff WHEN 'status' THEN status ELSE '' END
            AS label
    FROM web.user_segment
    WHERE
        users > 0
        AND (:area::text IS NULL OR area = :area)
        AND (:tariff::text IS NULL OR tariff = :tariff)
        AND (:status::text IS NULL OR status = :status)
) AS segment
CROSS JOIN unnest(:lows::bigint[], :highs::bigint[]) AS span (low, high)
CROSS JOIN
    LATERAL (
        SELECT
            total.user_id,
            total.energy_wh,
            total.:key AS key_value,
            nullif(total.last_measured_at, '-infinity') AS last_measured_at
        FROM web.user_total AS total
        WHERE
            total.segment_id = segment.id
            AND total.user_id BETWEEN span.low AND span.high
            AND total.user_id <@ :ids::int8multirange
            -- the third value leaves out the row the page comes after, but not the ends of the list
            AND (total.:key, total.user_id, 0) :beyond (
                CASE WHEN segment.label = :from_label THEN :from_value ELSE :start_value END,
                CASE WHEN segment.label = :from_label THEN :from_id ELSE :start_id END,
                CASE WHEN segment.label = :from_label THEN 0 ELSE :start_tie END
            )
        ORDER BY total.:key :direction, total.user_id :direction
        LIMIT :most
    ) AS found
WHERE :from_label::text IS NULL OR segment.label :reaching :from_label
ORDER BY segment.label :direction, found.key_value :direction, found.user_id :direction
LIMIT :most;
