-- name: raise_data_version()!
-- Tell readers and their caches that figures have changed.
UPDATE dataset
SET
    data_version = data_version + 1,
    version_uuid = gen_random_uuid();
