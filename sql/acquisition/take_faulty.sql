-- name: take_faulty()
-- One row per staged record that PostgreSQL cannot keep as jsonb, and why: it is staged no more.
DELETE FROM staged_record
WHERE NOT pg_input_is_valid(body, 'jsonb')
RETURNING
    n,
    line,
    left(body, 1000) AS raw;
