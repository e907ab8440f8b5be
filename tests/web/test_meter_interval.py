"""The interval of a meter: recognised by its readings, shown, and used for what is due."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.meters import commonest
from tests.web.site import SLOW, Page, Viewer
from tests.world import DAY, World

FIRST = datetime(2026, 3, 1)
STEPS = st.sampled_from([1, 7, 10, 15, 30, 45, 60, 120, 1440, 2000])
# A stretch of a meter's life: how often it reads, how many times, and the seconds that its clock is off.
STRETCH = st.lists(st.tuples(STEPS, st.integers(1, 5), st.integers(-40, 40)), max_size=8)


@settings(SLOW, max_examples=150)
@given(stretches=STRETCH, order=st.randoms(use_true_random=False))
def test_sql_recognises_the_interval_that_python_does(world, stretches, order):
    times, at = [], FIRST
    for minutes, count, off in stretches:
        for _ in range(count):
            at += timedelta(minutes=minutes)
            times.append(at + timedelta(seconds=off))
    times = list(dict.fromkeys(times))
    wanted = commonest(times)
    order.shuffle(times)
    assert world.value("SELECT web.reading_interval(%s::timestamptz[])", times) == wanted


def readings(step: int, count: int, begin: datetime = FIRST) -> list[str]:
    """So many readings of 10 Wh, each so many minutes after the one before."""
    return [f"{begin + timedelta(minutes=step * n)},10" for n in range(count)]


def told(page: Page) -> list[str]:
    """What the page says of the interval and of what is due."""
    return [*page.headline["Completeness"], *page.headline["Interval"]]


def test_an_hourly_user_beside_a_half_hourly_one_is_complete(world, viewer):
    world.start("5,a1,t1", "6,a1,t1", "7,a1,t1")
    for user, step in ((5, 60), (6, 30), (7, 15)):
        world.put_readings(user, *readings(step, 2 * 1440 // step))
    assert world.run("--date", DAY).code == 0
    assert told(viewer.get("/users/5")) == ["100%", "48 of 48 intervals", "60 minutes"]
    assert told(viewer.get("/users/6")) == ["100%", "96 of 96 intervals", "30 minutes"]
    assert told(viewer.get("/users/7")) == ["100%", "192 of 192 intervals", "15 minutes"]
    hourly = viewer.get("/users/5").tables[-1]
    assert (hourly.columns[2], [row[2] for row in hourly.rows]) == (
        "intervals of 60 minutes",
        ["24 / 24", "24 / 24"],
    )


def test_the_gaps_of_an_hourly_meter_are_counted_in_hours(world, viewer):
    world.start("5,a1,t1")
    world.put_readings(5, *(row for row in readings(60, 72) if "03-02 1" not in row))
    assert world.run("--date", DAY).code == 0
    page = viewer.get("/users/5")
    assert told(page) == ["86.1%", "62 of 72 intervals", "60 minutes"]
    assert [row[2] for row in page.tables[-1].rows] == ["24 / 24", "14 / 24", "24 / 24"]
    assert [mark.rpartition(", ")[2] for mark in page.marks if "intervals" in mark][1] == "14 of 24 intervals"


@pytest.mark.parametrize(("day", "hours"), [("2025-10-26", 25), ("2026-03-29", 23)])
def test_an_hourly_day_on_which_clocks_change_has_25_or_23(world, day, hours):
    world.set(TZ="Europe/Berlin")
    world.start("5,a1,t1")
    begin = world.value("SELECT day_start(%s, 'Europe/Berlin')", day)
    world.put_readings(5, *(f"{begin + timedelta(hours=n):%Y-%m-%dT%H:%M%z},1" for n in range(hours)))
    assert world.run("--date", DAY).code == 0
    assert told(Viewer().get("/users/5")) == ["100%", f"{hours} of {hours} intervals", "60 minutes"]


def test_a_meter_that_reads_once_a_day_is_complete_through_summer_time(world):
    world.set(TZ="Europe/Berlin")
    world.start("5,a1,t1")
    world.put_readings(5, *(f"2026-03-{day} 00:00,10" for day in range(27, 32)))
    assert world.run("--date", DAY).code == 0
    assert told(Viewer().get("/users/5")) == ["100%", "5 of 5 intervals", "1440 minutes"]


def test_a_period_with_few_readings_follows_the_newest_before_its_end(world, viewer):
    world.start("5,a1,t1", "6,a1,t1")
    world.put_readings(5, *readings(60, 5 * 24), *readings(30, 48, datetime(2026, 3, 8)))
    world.put_readings(6, *readings(30, 48 * 9))
    assert world.run("--date", DAY).code == 0

    def between(first: int, last: int) -> list[str]:
        return told(viewer.get("/users/5", start_date=f"2026-03-0{first}", end_date=f"2026-03-0{last}"))

    assert between(1, 1) == ["100%", "24 of 24 intervals", "60 minutes"]
    assert between(6, 6) == ["0%", "0 of 24 intervals", "60 minutes"]
    assert between(8, 8) == ["100%", "48 of 48 intervals", "30 minutes"]
    world.do("DELETE FROM reading WHERE user_id = 5 AND measured_at < '2026-03-01 20:00+09'")
    assert world.run("--rebuild").code == 0
    assert between(1, 1) == ["16.7%", "4 of 24 intervals", "60 minutes"]


@pytest.mark.parametrize(
    "rows",
    [
        readings(60, 1),
        readings(60, 2),
        readings(7, 30),
        [f"2026-03-01 {n * n // 60:02}:{n * n % 60:02},1" for n in range(30)],
    ],
    ids=["one reading", "one distance", "no whole part of a day", "irregular"],
)
def test_where_readings_do_not_tell_half_hours_are_assumed(world, viewer, rows):
    world.start("5,a1,t1")
    world.put_readings(5, *rows)
    assert world.run("--date", DAY).code == 0
    shown = told(viewer.get("/users/5"))
    assert shown[1].endswith("of 48 intervals")
    assert shown[2:] == ["30 minutes", "assumed: the readings do not tell"]


def test_the_interval_is_told_in_japanese(world: World, viewer):
    world.start("5,a1,t1")
    world.put_readings(5, *readings(60, 24))
    assert world.run("--date", DAY).code == 0
    page = viewer.ask("/users/5", Accept_Language="ja")
    assert page.headline["計量間隔"] == ["60分"]
    assert page.tables[-1].columns[2] == "コマ数（60分単位）"
