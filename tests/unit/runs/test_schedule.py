"""When jobs are due, on the clock of TZ and also when it is changed; crontab.example agrees."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.cli import arguments
from etl.config import Config, load
from etl.errors import UsageError
from etl.runs import schedule

JOB = "consumption"
ROOT = Path(__file__).resolve().parents[3]
MINUTE = timedelta(minutes=1)
# The clocks of Berlin and New York go on and back within these days.
SPANS = (
    datetime(2026, 3, 6, tzinfo=UTC),
    datetime(2026, 3, 27, tzinfo=UTC),
    datetime(2026, 10, 23, tzinfo=UTC),
)
MODEL_DAYS = 6


def settings_of(expression: str, zone: str = "Asia/Tokyo", **others) -> Config:
    return Config(schedule=expression, tz=zone, **others)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# What the clock does


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-21T00:29:59.5+09:00", "2026-11-21T00:30:00+09:00"),
        ("2026-11-21T00:30:00+09:00", "2026-11-22T00:30:00+09:00"),
        ("2026-11-20T15:00:00+00:00", "2026-11-21T00:30:00+09:00"),
    ],
)
def test_the_next_run_is_after_now_in_the_zone(now, due):
    found = schedule.next_run(Config(), JOB, at(now))
    assert found.isoformat() == due
    assert found.tzinfo == ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        # 02:30 does not exist: it is due when the clock goes on.
        ("2026-03-28T12:00:00+01:00", "2026-03-29T03:00:00+02:00"),
        ("2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"),
        # 02:30 comes twice: the first time counts.
        ("2026-10-24T12:00:00+02:00", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"),
        ("2026-10-25T02:10:00+01:00", "2026-10-26T02:30:00+01:00"),
    ],
)
def test_the_clock_of_berlin_is_changed(now, due):
    assert schedule.next_run(settings_of("30 2 * * *", "Europe/Berlin"), JOB, at(now)).isoformat() == due


@pytest.mark.parametrize(
    ("now", "since"),
    [
        ("2026-03-29T04:00:00+02:00", "2026-03-29T03:00:00+02:00"),
        ("2026-03-29T03:59:59+02:00", "2026-03-28T02:30:00+01:00"),
        # An hour after the first 02:30 the clock shows 02:30 again.
        ("2026-10-25T02:30:00+01:00", "2026-10-25T02:30:00+02:00"),
        ("2026-10-25T02:29:00+01:00", "2026-10-24T02:30:00+02:00"),
    ],
)
def test_overdue_when_the_clock_of_berlin_is_changed(now, since):
    config = settings_of("30 2 * * *", "Europe/Berlin")
    assert schedule.overdue_since(config, JOB, at(now), None).isoformat() == since


# Against a model that looks at every minute


@cache
def minutes(zone: str, start: datetime) -> list[tuple[datetime, datetime, bool]]:
    """Every minute of some days: instant, what the clock shows, whether it goes on by more than a minute."""
    found, before = [], None
    for number in range(MODEL_DAYS * 24 * 60):
        instant = start + number * MINUTE
        local = instant.astimezone(ZoneInfo(zone))
        shown = local.replace(tzinfo=None, fold=0)
        found.append((instant, local, bool(before) and shown - before > MINUTE))
        before = shown
    return found


def due_times(zone: str, start: datetime, minute: str, hour: str) -> list[datetime]:
    """When a job is due, by Debian's rules: jobs at fixed times once a day, the others by the clock."""
    fixed = not minute.startswith("*") and not hour.startswith("*")
    found = []
    for instant, local, jumps in minutes(zone, start):
        shown = not (fixed and local.fold) and matches(hour, local.hour) and matches(minute, local.minute)
        left_out = fixed and jumps and matches(hour, local.hour - 1)
        if shown or (left_out and any(matches(minute, number) for number in range(60))):
            found.append(instant)
    return found


def matches(field: str, value: int) -> bool:
    if field.startswith("*/"):
        return value % int(field[2:]) == 0
    return field == "*" or str(value) in field.split(",")


def fields(limit: int, steps: tuple[int, ...]):
    fixed = st.lists(st.integers(0, limit), min_size=1, max_size=3, unique=True)
    return st.one_of(
        fixed.map(lambda values: ",".join(map(str, values))),
        st.just("*"),
        st.sampled_from(steps).map("*/{}".format),
    )


@settings(max_examples=150)
@given(
    zone=st.sampled_from(("Europe/Berlin", "America/New_York", "Asia/Tokyo", "UTC")),
    start=st.sampled_from(SPANS),
    minute=fields(59, (5, 15, 30)),
    hour=fields(23, (2, 6)),
    seconds=st.integers(2 * 86_400, 4 * 86_400),
)
def test_as_if_somebody_looked_every_minute(zone, start, minute, hour, seconds):
    config, now = settings_of(f"{minute} {hour} * * *", zone), start + timedelta(seconds=seconds)
    due = due_times(zone, start, minute, hour)
    expected = next(time for time in due if time > now)
    assert schedule.next_run(config, JOB, now).astimezone(UTC) == expected
    newest = [time for time in due if time <= now - timedelta(minutes=60)][-1]
    assert schedule.overdue_since(config, JOB, now, None).astimezone(UTC) == newest
    assert schedule.overdue_since(config, JOB, now, newest) is None
    assert schedule.overdue_since(config, JOB, now, newest - timedelta(seconds=1)) is not None


# Cooldown, one job's own schedule


def test_the_cooldown_ends():
    config, now = Config(trigger_cooldown_seconds=60), at("2026-11-21T00:00:00+00:00")
    ends = schedule.cooldown_ends(config, now, now - timedelta(seconds=59))
    assert ends.isoformat() == "2026-11-21T09:00:01+09:00"
    assert schedule.cooldown_ends(config, now, now - timedelta(seconds=60)) is None
    assert schedule.cooldown_ends(config, now, None) is None
    assert schedule.cooldown_ends(Config(), now, now) is None


def test_a_job_can_have_a_schedule_of_its_own():
    config, now = load({"SCHEDULE_CONSUMPTION": "0 2 * * *"}), at("2026-11-21T00:00:00+09:00")
    assert schedule.next_run(config, JOB, now).isoformat() == "2026-11-21T02:00:00+09:00"
    assert schedule.next_run(config, "another", now).isoformat() == "2026-11-21T00:30:00+09:00"


def test_the_schedule_of_an_unknown_job_is_refused():
    config = load({"SCHEDULE_FOO": "0 2 * * *"})
    with pytest.raises(UsageError, match="SCHEDULE_FOO: the jobs are: consumption"):
        arguments.check(arguments.read([]), config)


# crontab.example


def test_cron_starts_the_batch_when_the_settings_say():
    lines = (ROOT / "crontab.example").read_text().splitlines()
    (line,) = [one for one in lines if re.match(r"[^#]*-m etl\.main", one)]
    assert " ".join(line.split()[:5]) == load({}, ROOT / ".env.example").schedule == Config().schedule
    assert "--triggered-by schedule" in line
