-- name: clear_deltas()#
-- The booked differences are applied: the next unit of work starts from none.
TRUNCATE booking, cell_delta, user_delta, user_applied;
