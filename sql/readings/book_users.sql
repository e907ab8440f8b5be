-- name: book_users()!
-- One row per user of the booked readings.
-- etl/readings/running_sums.py makes the same sums of directly loaded readings: change both.
INSERT INTO user_delta (user_id, readings, energy_wh, last_measured_at)
SELECT
    user_id,
    count(*),
    sum(energy_wh),
    max(measured_at)
FROM booking
GROUP BY user_id;
