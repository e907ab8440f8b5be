-- Aggregates, kept equal to a recomputation from reading by every run (--verify compares them).

CREATE TABLE load_by_date (
    local_date date NOT NULL,
    hour smallint NOT NULL,
    area_id integer NOT NULL REFERENCES area (id),
    tariff_id integer NOT NULL REFERENCES tariff (id),
    readings bigint NOT NULL CHECK (readings > 0),
    energy_wh numeric NOT NULL CHECK (energy_wh >= 0),
    PRIMARY KEY (local_date, hour, area_id, tariff_id)
);
COMMENT ON TABLE load_by_date IS
'One row per local date, local hour and area and tariff in force, where there is a reading.';

CREATE TABLE load_profile (
    weekday smallint NOT NULL,
    hour smallint NOT NULL,
    area_id integer NOT NULL REFERENCES area (id),
    tariff_id integer NOT NULL REFERENCES tariff (id),
    readings bigint NOT NULL CHECK (readings > 0),
    energy_wh numeric NOT NULL CHECK (energy_wh >= 0),
    PRIMARY KEY (weekday, hour, area_id, tariff_id)
);
COMMENT ON TABLE load_profile IS
'One row per ISO weekday (Monday 1), local hour and area and tariff in force, over all time.';

CREATE TABLE user_total (
    user_id bigint PRIMARY KEY REFERENCES app_user (id),
    readings bigint NOT NULL CHECK (readings > 0),
    energy_wh numeric NOT NULL CHECK (energy_wh >= 0),
    last_measured_at timestamptz NOT NULL
);
COMMENT ON TABLE user_total IS 'One row per user with readings: their count, sum in Wh and newest time.';
