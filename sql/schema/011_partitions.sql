-- Partitions of reading: made detached, filled by COPY, given their key and attached at the end of a run.

-- No exception block: COPY can freeze the rows of a table only within the savepoint that made it.
-- A detached table blocks no reader, as CREATE TABLE .. PARTITION OF would.
CREATE FUNCTION add_partition(partition text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE reading INCLUDING ALL EXCLUDING INDEXES)', partition);
END
$$;
COMMENT ON FUNCTION add_partition IS 'Make a detached partition of reading, without a key.';

-- Few late readings will come: nearly full pages take 5 % less room.
-- ATTACH looks at every row once more: one outside the bounds is an error.
CREATE FUNCTION attach_partition(partition text, starts_at timestamptz, ends_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'ALTER TABLE %I ADD PRIMARY KEY (user_id, measured_at) WITH (fillfactor = 95)', partition
    );
    EXECUTE format(
        'ALTER TABLE reading ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition, starts_at, ends_at
    );
END
$$;
COMMENT ON FUNCTION attach_partition IS
'Give a detached partition of reading its key and attach it for [starts_at, ends_at).';

-- Rows are much alike: a sample of 3,000 tells as much as the usual 30,000.
CREATE FUNCTION analyze_partitions(partitions text[]) RETURNS void
LANGUAGE plpgsql SET default_statistics_target = 10 AS $$
DECLARE
    partition text;
BEGIN
    FOREACH partition IN ARRAY partitions LOOP
        EXECUTE format('ANALYZE %I', partition);
    END LOOP;
END
$$;
COMMENT ON FUNCTION analyze_partitions IS
'Give the planner statistics of some partitions; of the parent it takes too long.';
