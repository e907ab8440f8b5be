-- name: attach_partition(partition, starts_at, ends_at)$
-- Give a detached partition its key and attach it.
SELECT attach_partition(:partition, :starts_at, :ends_at);
