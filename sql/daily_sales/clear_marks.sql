-- name: clear_marks(day)!
-- One row per transaction whose orders this run takes in.
DELETE FROM touched_sales_date
WHERE sales_date = :day;
