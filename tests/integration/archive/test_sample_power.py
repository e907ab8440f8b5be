"""Invented points of meters: the same arguments make the same, and there is some of everything."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from etl.config import Config
from etl.sample import command
from tests.influx import Influxd
from tests.integration.archive.reading import read

TOKYO = ZoneInfo("Asia/Tokyo")
END = date(2026, 4, 3)
START = datetime(2026, 4, 1, tzinfo=TOKYO)
STOP = START + timedelta(days=3)
DAY = 8640

Columns = dict[str, np.ndarray]


@pytest.fixture
def make(influxd: Influxd, monkeypatch, request):
    """Call the command line for a database that is not there yet; `make.config` reads it."""
    name = f"sample {request.node.name}"
    monkeypatch.setenv("INFLUX_URL", influxd.url)

    def called(*arguments: str, database: str = name) -> Config:
        monkeypatch.setenv("INFLUX_BUCKET", database)
        assert command.main(["--end-date", END.isoformat(), *arguments]) == 0
        return influxd.config(database)

    return called


def meters(config: Config, start: datetime = START, stop: datetime = STOP) -> dict[str, Columns]:
    """What is stored of each source: `time` in seconds since the start, `watts`, `taken`, `given`."""
    found: dict[str, list[np.ndarray]] = {}
    for source, times, values in read(config, start, stop):
        seconds = times.to_numpy() / 10**9 - start.timestamp()
        columns = np.stack([seconds, *(one.to_numpy(zero_copy_only=False) for one in values)])
        found.setdefault(source, []).append(columns)
    names = ("time", "watts", "taken", "given")
    return {
        source: dict(zip(names, np.concatenate(parts, axis=1), strict=True))
        for source, parts in found.items()
    }


def test_three_meters_have_three_days_of_points(make, capsys):
    found = meters(make("--power", "3"))
    silent = 4 * 360
    assert {source: len(columns["time"]) for source, columns in found.items()} == {
        "meter1": 3 * DAY,
        "meter2": 3 * DAY - silent,
        "meter3": 3 * DAY,
    }
    assert np.array_equal(found["meter1"]["time"], np.arange(0, 3 * 86_400, 10))
    told = capsys.readouterr().out.splitlines()
    assert told[0].endswith(f": 3 meters and {9 * DAY - silent:,} points up to 2026-04-03; next:")
    assert told[1] == "python -m etl.main --job archive --start-date 2026-04-01 --end-date 2026-04-03"


def test_power_and_counters_are_those_of_households(make):
    for columns in meters(make("--power", "3")).values():
        assert 0 <= columns["watts"].min() < 300
        assert 1000 < columns["watts"].max() < 10_000
        rises = np.diff(columns["taken"])
        # What the power says, in kWh for the 10 seconds before the next point.
        expected = columns["watts"][:-1] / 360_000
        ordinary = (np.diff(columns["time"]) == 10) & (rises >= 0)
        assert np.abs(rises - expected)[ordinary].max() < 0.0011
    one_day = columns["taken"][DAY - 1] - columns["taken"][0]
    assert 6 < one_day < 12


def test_each_meter_has_its_own_fault_or_roof(make):
    found = meters(make("--power", "3"))
    assert [source for source, columns in found.items() if not np.isnan(columns["given"]).all()] == ["meter1"]
    roof = found["meter1"]["given"]
    assert np.diff(roof).min() == 0
    assert roof[-1] - roof[0] > 10
    at_night = found["meter1"]["time"] % 86_400 < 6 * 3600
    assert np.diff(roof[at_night & (found["meter1"]["time"] < 86_400)]).max() == 0
    gaps = np.diff(found["meter2"]["time"])
    assert sorted(set(gaps)) == [10, 4 * 3600 + 10]
    falls = {source: int((np.diff(columns["taken"]) < 0).sum()) for source, columns in found.items()}
    assert falls == {"meter1": 0, "meter2": 0, "meter3": 1}


def test_the_same_arguments_write_the_same_points(make):
    one, two, other = (
        meters(make("--power", "2", "--seed", seed, database=name))
        for seed, name in (("5", "one"), ("5", "two"), ("6", "other"))
    )
    assert all(
        np.array_equal(one[source][name], two[source][name], equal_nan=True)
        for source in one
        for name in one[source]
    )
    assert not np.array_equal(one["meter1"]["watts"], other["meter1"]["watts"])


def test_counters_go_on_where_the_day_before_ended(make):
    """Whichever days are made at a time: it is the day's own formula."""
    before = make("--power", "1", "--days", "1")
    make("--power", "1", "--days", "2", "--end-date", "2026-04-02", database=before.influx_bucket)
    rises = np.diff(meters(before)["meter1"]["taken"])
    assert len(rises) == 3 * DAY - 1
    assert rises.min() >= 0
    assert rises.max() < 0.03


def test_days_are_whole_in_summer_time_too(make, monkeypatch):
    monkeypatch.setenv("TZ", "Europe/London")
    config = make("--power", "1", "--days", "1", "--end-date", "2026-03-29")
    found = meters(config, datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))
    assert (found["meter1"]["time"].min(), found["meter1"]["time"].max()) == (86_400, 86_400 + 23 * 3600 - 10)


def test_strange_names_are_written(make, monkeypatch, influxd):
    monkeypatch.setenv("INFLUX_MEASUREMENT", "my power, now")
    config = make("--power", "1", "--days", "1", database='a "b"')
    named = influxd.config(config.influx_bucket, influx_measurement="my power, now")
    assert len(meters(named)["meter1"]["time"]) == DAY


def test_an_influxdb_that_is_down_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setenv("INFLUX_URL", "http://127.0.0.1:9")
    assert command.main(["--power", "3"]) == 1
    told = "making the database of the sample: Connection refused; check INFLUX_URL, and that InfluxDB runs"
    assert capsys.readouterr().err == f"error: InfluxDB at http://127.0.0.1:9, {told}\n"


def test_orders_and_power_are_not_made_at_once(capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["--power", "3", "--orders", "3"])
    assert ended.value.code == 2
    assert "not allowed with" in capsys.readouterr().err
