-- name: clear_aggregates()#
-- Empty the aggregates; DELETE, not TRUNCATE, so that readers go on with the old figures until commit.
DELETE FROM load_by_date;
DELETE FROM load_profile;
DELETE FROM user_total;
