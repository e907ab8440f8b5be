"""The page of a user: contracts, totals, daily series with gaps, completeness, and the peers' mean."""

from datetime import datetime, timedelta

import pytest

from tests.web.site import Page, Viewer
from tests.world import DAY


def timeline(page: Page) -> list[tuple[str, str]]:
    """The contracts: when and what."""
    items = page.html.one("ol", class_="timeline").all("li")
    return [(item.one("span", class_="when").text, item.one("span", class_="what").text) for item in items]


def test_a_missing_day_is_empty_and_a_day_of_zeros_is_zero(small, viewer):
    page = viewer.get("/users/5", end_date="2026-03-04")
    days = [(row[0], *row[1:]) for row in page.tables[-1].rows]
    assert days == [
        ("Mar 2, 2026", "0.3", "2 / 48"),
        ("Mar 3, 2026", "", "0 / 48"),
        ("Mar 4, 2026", "1.0", "2 / 48"),
    ]
    small.put_readings(6, "2026-03-12 00:00,0")
    small.run("--date", DAY)
    assert viewer.get("/users/6").tables[-1].rows[-1] == ["Mar 12, 2026", "0.0", "1 / 48"]


def test_who_stopped_sending_while_others_went_on_has_gaps_to_the_end(small, viewer):
    page = viewer.get("/users/5")
    assert [row[1:] for row in page.tables[-1].rows[3:]] == [["", "0 / 48"]] * 5
    assert page.tables[-1].rows[-1][0] == "Mar 9, 2026", "the last date of anybody"
    assert page.headline["Completeness"] == ["1%", "4 of 384 intervals"]
    for end, halves in (("2026-03-04", 3 * 48), ("2026-03-05", 4 * 48), ("2026-12-31", 8 * 48)):
        shown = viewer.get("/users/5", start_date="2026-01-01", end_date=end).headline["Completeness"]
        assert shown[1] == f"4 of {halves} intervals"


def test_a_departed_user_is_complete_though_the_data_goes_on(world, viewer):
    world.start("5,a1,t1", "6,a1,t1", day="2026-03-01")
    world.put_users("6,a1,t1")
    assert world.run("--date", "2026-03-03").code == 0
    world.put_readings(
        5, *(f"2026-03-0{day} {n // 2:02}:{n % 2 * 30:02},1" for day in (1, 2) for n in range(48))
    )
    world.put_readings(6, "2026-03-09 00:00,1")
    assert world.run("--date", "2026-03-09").code == 0
    page = viewer.get("/users/5")
    assert page.headline["Completeness"] == ["100%", "96 of 96 intervals"]
    assert [row[2] for row in page.tables[-1].rows] == ["48 / 48", "48 / 48"]
    assert "Completeness" not in viewer.get("/users/5", start_date="2026-03-03").headline


def test_between_two_contracts_nothing_is_due(world, viewer):
    world.start("5,a1,t1", "6,a1,t1", day="2026-03-01")
    for day, rows in (("2026-03-03", ["6,a1,t1"]), ("2026-03-05", ["5,a2,t2", "6,a1,t1"])):
        world.put_users(*rows)
        assert world.run("--date", day).code == 0
    world.put_readings(5, "2026-03-02 00:00,1")
    world.put_readings(6, "2026-03-06 00:00,1")
    assert world.run("--date", "2026-03-07").code == 0
    page = viewer.get("/users/5")
    assert [row[2] for row in page.tables[-1].rows] == ["1 / 48", "0 / 0", "0 / 0", "0 / 48", "0 / 48"]
    assert page.headline["Completeness"][1] == "1 of 144 intervals"


def test_readings_off_the_half_hours_count_as_the_half_hours_they_lie_in(world, viewer):
    world.start("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,1", "2026-03-01 00:10,1", "2026-03-01 00:30,1")
    assert world.run("--date", DAY).code == 0
    page = viewer.get("/users/5")
    assert page.headline["Energy"][1] == "3 readings"
    assert page.headline["Completeness"] == ["4.2%", "2 of 48 intervals"]
    assert page.tables[-1].rows[0][2] == "2 / 48"


def test_nobody_is_more_than_complete_where_clocks_are_off_the_half_hours_of_utc(world):
    world.set(TZ="Asia/Kathmandu")
    world.start("5,a1,t1")
    halves = [f"2026-03-01 {n // 2:02}:{n % 2 * 30:02},1" for n in range(48)]
    world.put_readings(5, *halves, "2026-03-01 23:45,1")
    assert world.run("--date", DAY).code == 0
    headline = Viewer().get("/users/5").headline
    assert (headline["Energy"][1], headline["Completeness"]) == (
        "49 readings",
        ["100%", "48 of 48 intervals"],
    )


def test_only_complete_readings_are_100_percent(world, viewer):
    world.start("5,a1,t1")
    times = [datetime(2026, 3, 1) + timedelta(minutes=30 * n) for n in range(48 * 43)]
    world.put_readings(5, *(f"{at},1" for at in times[:-24]))
    assert world.run("--date", DAY).code == 0
    assert viewer.get("/users/5").headline["Completeness"] == ["98.8%", "2,040 of 2,064 intervals"]
    complete = viewer.get("/users/5", end_date="2026-04-11").headline["Completeness"]
    assert complete == ["100%", "2,016 of 2,016 intervals"]
    world.do("DELETE FROM reading WHERE measured_at = '2026-03-05 00:00+09'")
    assert world.run("--rebuild").code == 0
    almost = viewer.get("/users/5", end_date="2026-04-11").headline["Completeness"]
    assert almost == ["99.9%", "2,015 of 2,016 intervals"], "not rounded up"


@pytest.mark.parametrize(("day", "half_hours"), [("2025-10-26", 50), ("2026-03-29", 46), ("2026-03-30", 48)])
def test_a_day_on_which_clocks_change_has_50_or_46_half_hours(world, day, half_hours):
    world.set(TZ="Europe/Berlin")
    world.start("5,a1,t1")
    begin = world.value("SELECT day_start(%s, 'Europe/Berlin')", day)
    rows = [f"{begin + timedelta(minutes=30 * n):%Y-%m-%dT%H:%M%z},1000" for n in range(half_hours)]
    world.put_readings(5, *rows)
    assert world.run("--date", DAY).code == 0
    page = Viewer().get("/users/5")
    assert page.headline["Completeness"] == ["100%", f"{half_hours} of {half_hours} intervals"]
    (row,) = page.tables[-1].rows
    assert row[1:] == [f"{half_hours}.0", f"{half_hours} / {half_hours}"]


def test_the_timeline_has_every_contract_and_the_end_of_a_departed_user(world, viewer):
    world.start("5,a1,t1", "6,a1,t1", "7,a1,t1")
    for day, row in (("2026-04-02", "5,a2,t1"), ("2026-04-05", "5,a2,t3")):
        world.put_users(row, "6,a1,t1", "7,a1,t1")
        assert world.run("--date", day).code == 0
    page = viewer.get("/users/5")
    assert timeline(page) == [
        ("since the beginning – Apr 2, 2026", "a1 · t1"),
        ("Apr 2, 2026 – Apr 5, 2026", "a2 · t1"),
        ("Apr 5, 2026 – today", "a2 · t3"),
    ]
    assert (page.headline["Area"], page.headline["Tariff"], page.headline["Status"]) == (
        ["a2"],
        ["t3"],
        ["active"],
    )
    world.put_users("6,a1,t1", "7,a1,t1")
    assert world.run("--date", "2026-04-09").code == 0
    page = viewer.get("/users/5")
    assert page.headline["Status"] == ["departed", "on Apr 9, 2026"]
    assert timeline(page)[-1] == ("Apr 5, 2026 – Apr 9, 2026", "a2 · t3")
    assert page.html.all("li", class_="open") == []
    world.put_users("5,a1,t2", "6,a1,t1", "7,a1,t1")
    assert world.run("--date", "2026-04-20").code == 0
    page = viewer.get("/users/5")
    assert timeline(page)[-1] == ("Apr 20, 2026 – today", "a1 · t2")
    assert page.headline["Status"] == ["active"]


def test_beside_a_user_stands_the_mean_of_all_with_the_same_area_and_tariff(small, viewer):
    small.put_users("5,a1,t1", "6,a1,t1", "7,a2,t2", "8,a1,t2", "9,a2,t1")
    for other in (7, 8, 9):
        small.put_readings(other, "2026-03-02 00:00,90000")
    assert small.run("--date", DAY).code == 0
    both, _ = viewer.get("/users/5").tables
    assert both.cells["user 5 Mon", "00:00"] == "150.2"
    assert both.cells["all of a1, t1 Mon", "00:00"] == "200.2"
    assert both.cells["all of a1, t1 Mon", "13:00"] == "50.0"
    assert ("user 5 Mon", "13:00") not in both.cells
    march4 = viewer.get("/users/5", start_date="2026-03-03", end_date="2026-03-08").tables[0]
    assert {head for head, _ in march4.cells} == {"user 5 Wed", "all of a1, t1 Wed"}


def test_a_user_without_readings_has_contracts_and_no_chart(small, viewer):
    page = viewer.get("/users/7")
    assert page.status == 200
    assert page.headline["Energy"] == ["0.0 kWh", "0 readings"]
    assert page.headline["Completeness"] == ["0%", "0 of 384 intervals"]
    assert "Last reading" not in page.headline
    assert timeline(page) == [("since the beginning – today", "a2 · t2")]
    assert (page.tables, "No readings here." in page.main) == ([], True)
