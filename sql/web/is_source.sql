-- name: is_source(source)$
-- Whether some modelled date has the source.
SELECT
    exists(
        SELECT 1
        FROM web.daily_energy
        WHERE source = :source
    ) AS is_source;
