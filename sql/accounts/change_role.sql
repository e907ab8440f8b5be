-- name: change_role(account_name, role)!
-- One row, or none if nobody has that name.
UPDATE access.account
SET role = :role
WHERE name = :account_name;
