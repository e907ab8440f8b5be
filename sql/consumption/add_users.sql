-- name: add_users()!
-- One row per user seen for the first time.
INSERT INTO app_user (id)
SELECT user_id
FROM user_change
WHERE change = 'new';
