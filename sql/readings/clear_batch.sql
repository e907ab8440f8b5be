-- name: clear_batch()#
-- Make room for the next batch.
TRUNCATE staged_reading, booking;
