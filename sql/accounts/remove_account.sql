-- name: remove_account(account_name)!
-- One row, or none if nobody has that name; the tokens go with the account.
DELETE FROM access.account
WHERE name = :account_name;
