-- name: list_moving_users(tz)!
-- One row per user whose stored readings may change contract, and the instant from which they do.
-- A first contract corrected on its own day moves all of that user's readings.
CREATE TEMP TABLE moving_user ON COMMIT DROP AS
SELECT
    user_id,
    day_start(moves_from, :tz) AS moves_at
FROM user_change
WHERE moves_from IS NOT NULL AND change <> 'new';
