-- name: clear_staged()#
-- The staging table is empty again, for the next document.
TRUNCATE staged_record;
