-- name: analyze_partitions(names)$
-- Give the planner statistics of the partitions that a run added.
SELECT analyze_partitions(:names);
