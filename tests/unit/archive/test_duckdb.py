"""The table of points in a DuckDB of its own: DELETE, then INSERT."""

import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest

from etl.config import Config
from etl.errors import MeterhouseError
from etl.jobs.archive import duckdb, parquet
from etl.jobs.archive.transform import schema
from tests.unit.archive.rows import HOLD, batch

DAY = date(2026, 4, 1)


@pytest.fixture
def config(tmp_path):
    return Config(data_dir=tmp_path)


def load(config, day, **rows):
    with parquet.written(config, day, schema(config.zone), [batch(config, day, **rows)]) as file:
        return duckdb.load(config, day, file)


def ask(config, query):
    with duckdb.opened(config) as database:
        return database.execute(query).fetchall()


def test_columns_are_those_of_the_seed(config):
    load(config, DAY)
    assert ask(config, "SELECT column_name, column_type FROM (DESCRIBE raw_meter_readings)") == [
        ("ts_utc", "TIMESTAMP"),
        ("ts_jst", "TIMESTAMP"),
        ("source", "VARCHAR"),
        ("instant_power_w", "DOUBLE"),
        ("energy_import_kwh", "DOUBLE"),
        ("energy_export_kwh", "DOUBLE"),
        ("ingested_at", "TIMESTAMP"),
    ]


def test_a_day_is_deleted_then_inserted(config):
    assert load(config, DAY, value=1.0) == 48
    assert load(config, DAY, value=2.0, every=3600) == 24
    assert ask(config, "SELECT instant_power_w, count(*) FROM raw_meter_readings GROUP BY 1") == [(2.0, 24)]


def test_other_days_stay(config):
    days = [DAY + timedelta(days=number) for number in range(-1, 2)]
    for day in days:
        load(config, day)
    load(config, DAY, every=3600)
    assert duckdb.counts(config, days) == dict(zip(days, (48, 24, 48), strict=True))


@pytest.mark.parametrize("session", ["UTC", "America/New_York"])
def test_times_do_not_depend_on_the_sessions_zone(config, session, monkeypatch):
    monkeypatch.setenv("TZ", session)
    load(config, DAY)
    first = ask(config, "SELECT min(ts_utc), min(ts_jst) FROM raw_meter_readings")
    assert first == [(datetime(2026, 3, 31, 15), datetime(2026, 4, 1))]


@pytest.mark.parametrize(("day", "rows"), [("2026-04-05", 49), ("2026-10-04", 47)])
def test_a_day_of_changing_clocks_is_whole(tmp_path, day, rows):
    config, day = Config(data_dir=tmp_path, tz="Australia/Lord_Howe"), date.fromisoformat(day)
    for one in (day - timedelta(days=1), day, day + timedelta(days=1), day):
        load(config, one)
    assert list(duckdb.counts(config, [day + timedelta(days=step) for step in (-1, 0, 1)]).values()) == [
        48,
        rows,
        48,
    ]


def test_without_a_file_the_day_is_emptied(config):
    load(config, DAY)
    assert duckdb.load(config, DAY, config.data_dir / "none.parquet") == 0
    assert duckdb.counts(config, [DAY]) == {}


def test_without_a_database_nothing_is_counted_or_made(config):
    assert duckdb.counts(config, [DAY]) == {}
    assert not config.duckdb_path.exists()


def test_a_locked_file_names_the_process(config):
    load(config, DAY)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, config.duckdb_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline()
        with pytest.raises(MeterhouseError, match=rf"home_energy\.duckdb: process {holder.pid} \(python"):
            load(config, DAY)
        holder.communicate()


def test_a_file_of_something_else_is_named(config):
    config.duckdb_path.parent.mkdir(parents=True)
    config.duckdb_path.write_bytes(b"no database" * 100)
    with pytest.raises(MeterhouseError, match="not a valid DuckDB database file"):
        duckdb.counts(config, [DAY])


def test_a_folder_that_cannot_be_made_is_named(config):
    config.duckdb_path.parent.write_text("a file")
    with pytest.raises(MeterhouseError, match="File exists"):
        load(config, DAY)


def test_counting_makes_no_table(config):
    ask(config, "SELECT 1")
    assert duckdb.counts(config, [DAY]) == {}
    assert ask(config, "SELECT count(*) FROM information_schema.tables") == [(0,)]


def test_a_folder_named_like_a_column_changes_nothing(tmp_path):
    config = Config(data_dir=tmp_path, parquet_base_dir=tmp_path / "source=house")
    load(config, DAY)
    assert ask(config, "SELECT DISTINCT source FROM raw_meter_readings") == [("m",)]


def test_nothing_is_fetched_from_elsewhere(config):
    load(config, DAY)
    assert ask(config, "SELECT current_setting('autoinstall_known_extensions')") == [(False,)]
