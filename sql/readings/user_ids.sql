-- name: user_ids()$
-- One value: every user ever registered, departed ones included, ascending, in eight bytes each.
SELECT string_agg(int8send(id), ''::bytea ORDER BY id)
FROM app_user;
