"""ARCHIVE_USER_MAP: counters of meters as readings of users."""

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from etl.jobs.archive.days import bounds
from tests.integration.archive.invented import Meter, lines, readings

DAY = date(2026, 4, 1)
NEXT = DAY + timedelta(days=1)
METER = Meter("meter1", counter=Decimal("1000.123"))
OTHER = Meter("meter2", rise=7, restarts=(700,), gap=(40_000, 44_000))


@pytest.fixture
def site(world, influx):
    """Two users and an InfluxDB with two days of their meters."""
    world.set(INFLUX_URL=influx.server.url, INFLUX_BUCKET=influx.name)
    world.set(ARCHIVE_USER_MAP="meter1=3000, meter2=3001")
    world.start("3000,a1,t1", "3001,a2,t2", day="2026-03-01")
    influx.write([*lines([METER, OTHER, Meter("nobody")], DAY), *_on(METER, NEXT), *_on(OTHER, NEXT)])
    return world


def _on(meter, day):
    """Points of the day after, from the last counter on."""
    *_, (_, _, counter) = meter.points(day)
    return Meter(meter.source, counter=counter, rise=meter.rise).lines(day)


def archive(world, day=DAY, *arguments):
    return world.run("--job", "archive", "--date", str(day), "--no-dbt", *arguments)


def stored(world, user):
    return [(at, f"{Decimal(wh):.6f}") for one, at, wh in world.readings() if one == user]


def test_readings_are_what_a_person_would_work_out(site):
    result = archive(site)
    assert result.code == 0
    # The day's last boundary is the next day's first point.
    assert stored(site, 3000)[:47] == readings(METER, DAY)[:47]
    assert stored(site, 3000)[47][0] == "2026-04-01 14:30:00.000000"
    expected = readings(OTHER, DAY)[:-1]
    assert 40 < len(expected) < 47
    assert stored(site, 3001)[:-1] == expected


def test_the_sum_of_readings_is_the_difference_of_counters(site):
    archive(site)
    archive(site, NEXT)
    (first, *_), (*_, last) = (
        METER.points(DAY),
        Meter("meter1", counter=list(METER.points(NEXT))[-1][2]).points(NEXT),
    )
    total = site.value("SELECT sum(energy_wh) FROM reading WHERE user_id = 3000")
    assert total == (last[2] - first[2]) * 1000


def test_aggregates_have_the_readings_too(site):
    archive(site)
    assert site.call("verify").out == "the aggregates equal the readings\n"
    assert site.value("SELECT sum(energy_wh) FROM load_by_date") == site.value(
        "SELECT sum(energy_wh) FROM reading"
    )


def test_counts_of_the_run_are_those_of_the_points(site):
    result = archive(site)
    points = 3 * 1440 - 67
    assert (result.record["input_count"], result.record["inserted_count"]) == (points, points)
    found = len(site.readings())
    assert result.unit("readings") == {
        "read": found,
        "inserted": found,
        "identical": 0,
        "conflicting": 0,
        "rejected": 0,
    }


def test_the_first_reading_wins_and_conflicts_are_listed(site, influx):
    archive(site)
    before = stored(site, 3000)
    later = int(next(iter(METER.points(DAY)))[0]) + 1800
    influx.write([f"power,source=meter1 energy_import_kwh=1000.2 {later}"])
    result = archive(site)
    assert result.unit("readings")["conflicting"] == 1
    assert stored(site, 3000) == before
    assert site.rows("SELECT kind, file, line, reason FROM rejected_row") == [
        ("conflict", "archive/dt=2026-04-01/3000.csv", 2, "conflicting")
    ]


def test_an_unknown_user_touches_nothing(site):
    site.set(ARCHIVE_USER_MAP="meter1=3000,meter2=9")
    result = archive(site)
    assert result.code == 1
    assert "ARCHIVE_USER_MAP: meter2=9: no such user" in result.record["error_summary"]
    assert site.value("SELECT count(*) FROM archive_day") == 0
    assert not (site.data / "parquet").exists()


def test_a_dry_run_counts_readings_and_keeps_none(site):
    assert archive(site, DAY, "--dry-run").unit("readings")["inserted"] > 80
    assert site.readings() == []


def test_of_one_instant_the_first_point_counts_at_midnight_too(world, influx):
    world.set(INFLUX_URL=influx.server.url, INFLUX_BUCKET=influx.name, ARCHIVE_USER_MAP="meter1=3000")
    world.start("3000,a1,t1", day="2026-03-01")
    start = int(next(iter(METER.points(DAY)))[0])
    for tag, kwh in (("", 10), (",source=meter1", 1000)):
        influx.write(f"power{tag} energy_import_kwh={kwh + n / 10} {start + 1800 * n}" for n in range(49))
    assert archive(world).code == 0
    assert {energy for _, energy in stored(world, 3000)} == {"100.000000"}
    assert len(stored(world, 3000)) == 48


@pytest.mark.parametrize(("day", "count"), [("2026-04-05", 49), ("2026-10-04", 47)])
def test_a_day_of_changing_clocks_has_all_its_readings(world, influx, day, count):
    world.set(INFLUX_URL=influx.server.url, INFLUX_BUCKET=influx.name, ARCHIVE_USER_MAP="meter1=3000")
    world.set(TZ="Australia/Lord_Howe")
    world.start("3000,a1,t1", day="2026-03-01")
    start, _ = bounds(date.fromisoformat(day), ZoneInfo("Australia/Lord_Howe"))
    first = int(start.timestamp())
    influx.write(f"power,source=meter1 energy_import_kwh={1 + n / 10} {first + 1800 * n}" for n in range(60))
    assert archive(world, day).code == 0
    assert len(stored(world, 3000)) == count


def test_what_no_meter_can_count_is_refused_as_a_reading(world, influx):
    world.set(INFLUX_URL=influx.server.url, INFLUX_BUCKET=influx.name, ARCHIVE_USER_MAP="meter1=3000")
    world.start("3000,a1,t1", day="2026-03-01")
    start = int(next(iter(METER.points(DAY)))[0])
    influx.write(
        f"power,source=meter1 energy_import_kwh={kwh} {start + at}" for at, kwh in ((0, 1), (1800, 1e30))
    )
    result = archive(world)
    assert result.code == 1
    assert "bad_consumption" in result.record["error_summary"]
    assert world.rows("SELECT points FROM archive_day") == [(2,)]
    rest = archive(world, DAY, "--on-error", "quarantine")
    assert rest.code == 1
    assert rest.record["error_summary"].startswith("readings loaded but for 1 fault")


def test_energy_in_kwh_is_the_same(world, influx):
    world.set(INFLUX_URL=influx.server.url, INFLUX_BUCKET=influx.name)
    world.set(ARCHIVE_USER_MAP="meter1=3000", CONSUMPTION_UNIT="kWh")
    world.start("3000,a1,t1", day="2026-03-01")
    influx.write(METER.lines(DAY))
    assert archive(world).code == 0
    assert stored(world, 3000) == readings(METER, DAY)


def test_without_a_map_there_are_no_readings(site):
    site.set(ARCHIVE_USER_MAP="")
    assert "readings" not in archive(site).record["metadata"]["units"]
    assert site.readings() == []
