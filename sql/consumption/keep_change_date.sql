-- name: keep_change_date(day)!
-- Remember the date of the newest change: an older user file must not overrule what is known since.
UPDATE dataset
SET users_as_of = greatest(users_as_of, :day::date);
