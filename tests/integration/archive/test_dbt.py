"""dbt makes the figures that a plain model gives, and makes only the days again that it is asked for."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from etl.jobs.archive import dbt
from tests.integration.archive import meters
from tests.integration.archive.meters import Point

DAY = date(2026, 4, 1)
GUARD = """
import runpy, sys
def note(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        print(event, arguments, file=open({noted!r}, "a"))
sys.addaudithook(note)
runpy.run_path({program!r}, run_name="__main__")
"""


@pytest.fixture
def connections(tmp_path, monkeypatch) -> Path:
    """A file with every connection that dbt has tried."""
    guard, noted = tmp_path / "guard.py", tmp_path / "connections"
    noted.touch()
    guard.write_text(GUARD.format(noted=str(noted), program=str(dbt.PROGRAM)))
    monkeypatch.setattr(dbt, "PROGRAM", guard)
    return noted


def go_on() -> None:
    """Nobody stops the run."""


def any_points(zone: ZoneInfo, days: list[date]) -> Iterator[Point]:
    """Meters that miss points and counters, and start again, at odd seconds."""
    rng = random.Random(str(zone))
    for meter in range(60):
        counter = rng.choice([0.001, 5.0, 99_999.5])
        for day in days:
            end = meters.begin(day + timedelta(days=1), zone) - timedelta(microseconds=1)
            at = meters.begin(day, zone) + timedelta(seconds=rng.choice([0, 0, 40_000]))
            falls, sends = rng.random() < 0.4, rng.random()
            while at < end:
                sent = round(counter, 3) if rng.random() < sends else 0.0
                yield Point(at, f"m{meter}", rng.uniform(-50, 3000), sent)
                counter = 0.001 if falls and rng.random() < 0.1 else counter + rng.choice([0, 0.007, 1.5])
                at += timedelta(seconds=rng.choice([600, 1799, 1800.5, 20_000]))
            yield Point(end, f"m{meter}", 1.0, 0.0)


@pytest.mark.parametrize(
    ("tz", "days", "half_hours"),
    [
        ("Europe/London", [date(2026, 3, 29), date(2026, 10, 25), DAY], {46, 50, 48}),
        ("Australia/Lord_Howe", [date(2026, 4, 5), date(2026, 10, 4), DAY], {49, 47, 48}),
        # Here 00:00 does not come, and comes twice.
        ("Atlantic/Azores", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 10, 24)], {46, 50, 48}),
    ],
)
def test_figures_equal_a_plain_model(tz, days, half_hours, tmp_path, connections):
    store = meters.make(tmp_path, tz)
    points = list(any_points(store.config.zone, days))
    store.add(points)
    dbt.build(store.config, days, go_on)
    found = store.energy()
    assert found == meters.energy(points, store.config.zone)
    assert {row.half_hours_of_day for row in found} == half_hours
    assert {row.fell for row in found} == {True, False}
    assert None in {row.kwh for row in found}
    assert connections.read_text() == ""


def test_only_the_given_days_are_made_again(tmp_path):
    """400 days; then one is emptied, one changes, and a third, which nobody asks for, gets a fault."""
    store = meters.make(tmp_path)
    begins = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(400)]
    points = [Point(at + timedelta(hours=h), "m", 1.0, 1.5 + h) for at in begins for h in (0, 1)]
    days = [at.date() for at in begins]
    store.add(points)
    dbt.build(store.config, days, go_on)
    first = store.energy()
    assert first == meters.energy(points, store.config.zone)
    assert len(first) == 400

    emptied, changed, other = days[7], days[390], days[200]
    store.forget(emptied)
    late = [Point(begins[days.index(day)] + timedelta(hours=2), "m", 9.0, 9.5) for day in (changed, other)]
    store.add([*late, Point(late[1].at, None, 9.0, 9.5)])
    (after,) = meters.energy(
        [*(one for one in points if one.at.date() == changed), late[0]], store.config.zone
    )
    expected = [after if row.day == changed else row for row in first if row.day != emptied]
    for _ in range(2):
        dbt.build(store.config, [emptied, changed], go_on)
        assert store.energy() == expected


def test_without_days_nothing_is_started(tmp_path, monkeypatch):
    monkeypatch.setattr(dbt, "PROGRAM", tmp_path / "none")
    dbt.build(meters.make(tmp_path).config, [], go_on)
    assert not (tmp_path / "logs").exists()
