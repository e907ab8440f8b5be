-- name: delete_old_versions(source_id, days)!
-- One row per stored row of a version that is more than so many days old and not the newest of its document.
DELETE FROM acquired_data AS old
WHERE
    old.source_id = :source_id
    AND old.acquired_at < now() - make_interval(days => :days)
    AND EXISTS (
        SELECT 1
        FROM acquired_data AS newer
        WHERE
            newer.source_id = :source_id
            AND newer.document = old.document
            AND newer.run_id > old.run_id
    );
