-- name: work_tables()#
-- The tables a run works in, and memory to work with; both vanish with its transaction.
SET LOCAL work_mem = '64MB';
SET LOCAL maintenance_work_mem = '256MB';

-- the lines of user_data.csv; null: no id or no name, and all three where a line is no record: for what reason
CREATE TEMP TABLE user_line (
    line_no bigint NOT NULL,
    raw text NOT NULL,
    id bigint,
    area text,
    tariff text,
    reason text
) ON COMMIT DROP;

CREATE TEMP TABLE staged_user (
    id bigint NOT NULL,
    area text NOT NULL,
    tariff text NOT NULL
) ON COMMIT DROP;

-- file_no and line_no: the order in which the first of two repeats wins
CREATE TEMP TABLE staged_reading (
    file_no integer NOT NULL,
    line_no bigint NOT NULL,
    user_id bigint NOT NULL,
    measured_at timestamptz NOT NULL,
    energy numeric NOT NULL
) ON COMMIT DROP;

-- readings to be booked into aggregates: new ones, or stored ones whose contract changes
CREATE TEMP TABLE booking (
    user_id bigint NOT NULL,
    measured_at timestamptz NOT NULL,
    energy_wh numeric NOT NULL
) ON COMMIT DROP;

CREATE TEMP TABLE cell_delta (
    local_date date NOT NULL,
    hour smallint NOT NULL,
    area_id integer NOT NULL,
    tariff_id integer NOT NULL,
    readings bigint NOT NULL,
    energy_wh numeric NOT NULL
) ON COMMIT DROP;

CREATE TEMP TABLE user_delta (
    user_id bigint NOT NULL,
    readings bigint NOT NULL,
    energy_wh numeric NOT NULL,
    last_measured_at timestamptz NOT NULL
) ON COMMIT DROP;

-- what of user_delta is in user_total already, a row each time
CREATE TEMP TABLE user_applied (
    readings bigint NOT NULL,
    energy_wh numeric NOT NULL
) ON COMMIT DROP;
