-- name: contract_starts(tz)
-- One row per contract, by user and begin: user, area, tariff and begin in microseconds since 1970 UTC.
WITH begin AS MATERIALIZED (
    SELECT
        valid_from,
        CASE
            WHEN isfinite(valid_from)
                THEN (extract(EPOCH FROM day_start(valid_from, :tz)) * 1000000)::bigint
            ELSE -9223372036854775808
        END AS starts_us
    FROM contract
    GROUP BY valid_from
)

SELECT
    contract.user_id,
    contract.area_id,
    contract.tariff_id,
    begin.starts_us
FROM contract
INNER JOIN begin ON contract.valid_from = begin.valid_from
ORDER BY contract.user_id, contract.valid_from;
