-- name: change_password(account_name, password_hash)!
-- One row, or none if nobody has that name.
UPDATE access.account
SET password_hash = :password_hash
WHERE name = :account_name;
