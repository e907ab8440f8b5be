-- name: newest_change()$
-- The newest date on which a user file changed contracts; null before the first.
SELECT users_as_of
FROM dataset;
