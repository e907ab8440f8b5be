-- name: user_ids()
-- One row per user ever registered, departed ones included, ascending.
SELECT id
FROM app_user
ORDER BY id;
