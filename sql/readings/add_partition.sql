-- name: add_partition(partition)$
-- Make a partition that is detached until attach_partition.
SELECT add_partition(:partition);
