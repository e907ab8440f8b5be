-- name: add_account(account_name, role, password_hash)!
-- One row, or none if the name is taken.
INSERT INTO access.account (name, role, password_hash)
VALUES (:account_name, :role, :password_hash)
ON CONFLICT (name) DO NOTHING;
