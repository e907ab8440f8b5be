-- name: lock_orders()#
-- Wait for whoever is inserting orders, and let nobody until the commit. Without it two that insert versions of
-- one order at the same time do not see each other's day, and the day computed in between stays wrong, unmarked.
SET LOCAL lock_timeout = '60s';
LOCK TABLE raw_orders IN SHARE MODE;
SET LOCAL lock_timeout = 0;
