-- name: work_tables()#
-- The table that the energy of days is staged in; it vanishes with the transaction.
CREATE TEMP TABLE IF NOT EXISTS staged_energy (LIKE daily_energy) ON COMMIT DROP;
TRUNCATE staged_energy;
