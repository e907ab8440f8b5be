-- name: moved_evenly()
-- Complaints: moving readings between contracts takes out of cells what it puts in elsewhere.
SELECT
    format(
        'readings moved between contracts leave %%s readings and %%s Wh over', sum(readings), sum(energy_wh)
    ) AS complaint
FROM cell_delta
HAVING sum(readings) <> 0 OR sum(energy_wh) <> 0;
