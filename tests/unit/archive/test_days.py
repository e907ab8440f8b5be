"""The bounds of local days."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from etl.jobs.archive.days import bounds


def test_a_day_in_tokyo_begins_at_three_in_the_afternoon_utc():
    start = datetime(2026, 3, 31, 15, tzinfo=UTC)
    assert bounds(date(2026, 4, 1), ZoneInfo("Asia/Tokyo")) == (start, start + timedelta(days=1))


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", "2026-03-29", 23),
        ("Europe/London", "2026-10-25", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        # Midnight itself was left out.
        ("America/Sao_Paulo", "2018-11-04", 23),
    ],
)
def test_days_of_changing_clocks_are_longer_or_shorter(zone, day, hours):
    start, end = bounds(date.fromisoformat(day), ZoneInfo(zone))
    assert end - start == timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo"])
def test_days_meet_without_gap_or_overlap(zone):
    days = [date(2018, 1, 1) + timedelta(days=number) for number in range(800)]
    edges = [bounds(day, ZoneInfo(zone)) for day in days]
    assert all(before[1] == after[0] for before, after in pairwise(edges))
