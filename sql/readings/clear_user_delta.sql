-- name: clear_user_delta()#
-- The booked differences of users are in their totals; a DELETE would leave them to be passed over each time.
TRUNCATE user_delta;
