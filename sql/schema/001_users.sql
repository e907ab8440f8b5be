-- Masters, users and their contracts; the dataset every figure rests on.

CREATE TABLE dataset (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    tz text NOT NULL,
    consumption_unit text NOT NULL,
    users_as_of date,
    data_version bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE dataset IS
'One row: the time zone and unit of the first import, and a version raised by whatever changes facts.';
COMMENT ON COLUMN dataset.users_as_of IS 'Date of the newest change of users; older user files are refused.';

CREATE TABLE area (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);
COMMENT ON TABLE area IS 'One row per supply area; never deleted by absence from area.csv.';

CREATE TABLE tariff (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE
);
COMMENT ON TABLE tariff IS 'One row per tariff; never deleted by absence from tariff.csv.';

CREATE TABLE app_user (
    id bigint PRIMARY KEY CHECK (id > 0)
);
COMMENT ON TABLE app_user IS
'One row per user ever seen in user_data.csv, departed ones included; details may join here.';

CREATE TABLE contract (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES app_user (id),
    area_id integer NOT NULL REFERENCES area (id),
    tariff_id integer NOT NULL REFERENCES tariff (id),
    valid_from date NOT NULL,
    valid_to date,
    opened_on date NOT NULL,
    -- the contract in force at a time is the one with the latest start: two starts would be a tie
    UNIQUE (user_id, valid_from),
    CHECK (valid_to > valid_from),
    -- a first contract covers all the past, later ones begin on the day of the run that opened them
    CHECK (valid_from IN (opened_on, '-infinity'))
);
COMMENT ON TABLE contract IS
'One row per user and stretch of area and tariff (SCD type 2): local dates, half-open, no valid_to: open.';
COMMENT ON COLUMN contract.valid_from IS
'Local date from which it is in force; -infinity for a user''s first contract.';
COMMENT ON COLUMN contract.valid_to IS
'Local date on which it was closed; decides status only, not which contract a reading belongs to.';
COMMENT ON COLUMN contract.opened_on IS 'The date (--date) of the run that opened it.';

-- a user has one area and tariff at a time: a second open contract must fail, whoever writes it
CREATE UNIQUE INDEX contract_one_open_per_user ON contract (user_id) WHERE valid_to IS null;
