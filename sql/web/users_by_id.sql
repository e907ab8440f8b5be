-- name: users_by_id(direction, reaching, label, from_label, from_low, from_high, lows, highs, area, tariff, status, most)
-- One row per user of one page in the order (label, id): ids from :from_low to :from_high where the
-- label is :from_label, all beyond it. Each segment and span of ids gives its own next rows by an
-- index; they are merged after. So a page costs the same wherever it is, however many users there are.
SELECT
    found.user_id,
    segment.area,
    segment.tariff,
    segment.status,
    found.energy_wh,
    segment.label,
    nullif(found.last_measured_at, '-infinity') AS last_measured_at,
    found.user_id::text AS key_text
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
            total.last_measured_at
        FROM web.user_total AS total
        WHERE
            total.segment_id = segment.id
            AND total.user_id
            BETWEEN CASE WHEN segment.label = :from_label THEN greatest(span.low, :from_low) ELSE span.low END
            AND CASE WHEN segment.label = :from_label THEN least(span.high, :from_high) ELSE span.high END
        ORDER BY total.user_id :direction
        LIMIT :most
    ) AS found
WHERE :from_label::text IS NULL OR segment.label :reaching :from_label
ORDER BY segment.label :direction, found.user_id :direction
LIMIT :most;
