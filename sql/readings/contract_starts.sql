-- name: contract_starts(tz)$
-- One value: four times eight bytes per contract, by user and begin: user, area, tariff, and begin in
-- microseconds since 1970 UTC. As rows they would take ten times the memory.
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
    string_agg(
        int8send(contract.user_id)
        || int8send(contract.area_id::bigint)
        || int8send(contract.tariff_id::bigint)
        || int8send(begin.starts_us),
        ''::bytea ORDER BY contract.user_id, contract.valid_from
    )
FROM contract
INNER JOIN begin ON contract.valid_from = begin.valid_from;
