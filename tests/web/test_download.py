"""The readings of a user as CSV: exact, in local time with its offset, within the same dates as the page."""

import csv
from datetime import datetime
from decimal import Decimal
from io import StringIO

import pytest

from tests.web.site import Viewer, headline_energy
from tests.world import DAY


def rows(text: str) -> list[list[str]]:
    """The lines of a CSV file below its header, which must be right."""
    header, *lines = csv.reader(StringIO(text))
    assert header == ["datetime", "energy_wh"]
    return lines


def test_readings_come_exact_and_in_local_time(world, viewer):
    world.start("5,a1,t1")
    energies = ["39.5", "0", "999999999999.999999", "0.000001", "100", "7174.0005"]
    world.put_readings(5, *(f"2026-03-01 0{n}:30:00,{energy}" for n, energy in enumerate(energies)))
    world.put_readings(5, "2026-03-02T00:00:00.25+00:00,1", name="later.csv")
    (world.data / "consumption" / "later.csv").write_text(
        "user_id,datetime,consumption\n5,2026-03-02T00:00:00.25Z,1\n"
    )
    assert world.run("--date", DAY).code == 0
    page = viewer.get("/users/5/readings.csv")
    assert page.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert page.headers["Content-Disposition"] == 'attachment; filename="readings-5.csv"'
    assert page.headers["Cache-Control"] == "private, no-cache"
    found = rows(page.text)
    assert [at for at, _ in found] == [f"2026-03-01 0{n}:30:00+09:00" for n in range(6)] + [
        "2026-03-02 09:00:00.250000+09:00"
    ]
    assert [Decimal(energy) for _, energy in found] == [*map(Decimal, energies), Decimal(1)]
    assert not any("e" in energy.lower() for _, energy in found)


def test_the_hour_that_occurs_twice_is_told_apart_by_its_offset(world):
    world.set(TZ="Europe/Berlin")
    world.start("5,a1,t1")
    world.put_readings(5, "2025-10-26T00:30Z,1", "2025-10-26T01:30Z,2")
    world.run("--date", DAY)
    assert rows(Viewer().get("/users/5/readings.csv").text) == [
        ["2025-10-26 02:30:00+02:00", "1"],
        ["2025-10-26 02:30:00+01:00", "2"],
    ]


@pytest.mark.parametrize("given", [{}, {"start_date": "2026-03-03"}, {"end_date": "2026-03-02"}])
def test_the_file_has_what_the_page_shows(small, viewer, given):
    page = viewer.get("/users/5", **given)
    link = page.html.one("a", class_="download").attributes["href"]
    found = rows(viewer.follow(link).text)
    energy = sum((Decimal(wh) for _, wh in found), Decimal(0))
    assert page.headline["Energy"] == [headline_energy([energy]), f"{len(found)} readings"]
    assert page.headline["Energy"][1] == {0: "4 readings", 1: "2 readings"}[len(given)]
    newest = page.html.one("dl").one("time").attributes["datetime"]
    assert datetime.fromisoformat(found[-1][0]) == datetime.fromisoformat(newest)


def test_a_file_put_into_the_inbox_again_loads_nothing_new(small, viewer):
    """What the viewer sends the batch can read, but for the name of a column."""
    text = viewer.get("/users/5/readings.csv").text.replace("energy_wh", "consumption", 1)
    small.put("consumption/5.csv", text)
    record = small.run("--date", DAY).record
    assert (record["status"], record["inserted_count"]) == ("SUCCESS", 0)
    assert record["skip_breakdown"] == {"identical": 4, "conflicting": 0}


def test_a_user_without_readings_gets_a_header_and_an_unknown_one_404(small, viewer):
    assert rows(viewer.get("/users/7/readings.csv").text) == []
    page = viewer.get("/users/404/readings.csv")
    assert (page.status, "404" in page.main) == (404, True)
