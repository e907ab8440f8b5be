"""The page of energy: figures equal to what was stored; filters, gaps, cache, file, languages."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest

from tests.integration.archive.energy import archive, model, put, row
from tests.web.people import Person, add
from tests.web.policy import keeps_to_the_policy, other_hosts
from tests.web.site import Page, Viewer
from web.data import energy

FIRST, LAST = date(2026, 2, 27), date(2026, 3, 3)
HOLE = date(2026, 3, 1)
DAYS = [day for n in range(5) if (day := FIRST + timedelta(days=n)) != HOLE]
ODD = "<b>&\"'a, b"
HEAD = [
    *("energy_date", "source", "daily_energy_kwh", "counter_fell", "peak_w"),
    *("points", "half_hours", "half_hours_of_day"),
]
ROWS = [
    row(FIRST, "meter1", "10.123456", peak=1500.4),
    row(FIRST, "meter2", "20", peak=800.0, points=100, half_hours=12),
    row(FIRST + timedelta(days=1), "meter1", "0.000001", peak=3.0),
    row(FIRST + timedelta(days=3), "meter1", "5.5", fell=True, peak=2500.0),
    row(FIRST + timedelta(days=3), ODD, None, peak=-12.0, points=5, half_hours=1),
    row(LAST, "meter2", "1234.5", of=50, half_hours=50),
]


@pytest.fixture
def metered(world) -> list[date]:
    """The modelled dates: all but the hole."""
    put(world, *ROWS)
    return DAYS


def cells(page: Page, table: str) -> list[list[str]]:
    rows = page.html.one("table", id=table).one("tbody").all("tr")
    return [[cell.text for cell in line.all("th", "td")] for line in rows]


def file(viewer: Viewer, **given: str) -> list[list[str]]:
    page = viewer.get("/energy.csv", **given)
    assert page.status == 200, page.text
    head, *lines = csv.reader(StringIO(page.text))
    assert head == HEAD
    return lines


def test_the_file_is_exact_the_newest_first(viewer, metered):
    assert file(viewer) == [
        [str(LAST), "meter2", "1234.500000", "0", "500", "8640", "50", "50"],
        ["2026-03-02", ODD, "", "0", "-12", "5", "1", "48"],
        ["2026-03-02", "meter1", "5.500000", "1", "2500", "8640", "48", "48"],
        ["2026-02-28", "meter1", "0.000001", "0", "3", "8640", "48", "48"],
        [str(FIRST), "meter1", "10.123456", "0", "1500.4", "8640", "48", "48"],
        [str(FIRST), "meter2", "20.000000", "0", "800", "100", "12", "48"],
    ]
    page = viewer.get("/energy.csv")
    assert page.headers["Content-Type"].startswith("text/csv")
    assert page.headers["Content-Disposition"] == 'attachment; filename="energy.csv"'
    assert page.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("encoding", ["br", "gzip", ""])
def test_a_file_of_many_pieces_arrives_whole(world, viewer, encoding):
    rows = [row(FIRST, f"meter{n:05}", f"{n}.5") for n in range(5000)]
    put(world, *rows)
    page = viewer.ask("/energy.csv", Accept_Encoding=encoding)
    lines = page.body.decode().splitlines()
    assert len(lines) == 5001
    assert lines[-1] == "2026-02-27,meter04999,4999.500000,0,500,8640,48,48"


def test_the_page_shows_each_day_and_meter(viewer, metered):
    shown = cells(viewer.get("/energy"), "days")
    assert shown == [
        ["Mar 3, 2026", "meter2", "1,234.500", "500", "50 / 50", "8,640"],
        ["Mar 2, 2026", ODD, "–", "-12", "1 / 48", "5"],
        ["Mar 2, 2026", "meter1 counter fell", "5.500", "2,500", "48 / 48", "8,640"],
        ["Feb 28, 2026", "meter1", "0.000", "3", "48 / 48", "8,640"],
        ["Feb 27, 2026", "meter1", "10.123", "1,500", "48 / 48", "8,640"],
        ["Feb 27, 2026", "meter2", "20.000", "800", "12 / 48", "100"],
    ]
    assert "Counter fell: the meter was restarted" in viewer.get("/energy").main
    assert "Counter fell: " not in viewer.get("/energy", end_date="2026-02-28").main


def test_headline_meters_and_months_add_the_days_up(viewer, metered):
    page = viewer.get("/energy")
    assert page.headline == {
        "Energy": ["1,270.1 kWh", "Feb 27, 2026 – Mar 3, 2026"],
        "Energy per day": ["317.5 kWh", "4 days"],
        "Peak": ["2,500 W", "of a single meter"],
        "Meters": ["3"],
        "Completeness": ["71.4%", "207 of 290 half-hours"],
    }
    assert cells(page, "by-source") == [
        ["meter2", "2", "1,254.500", "98.8%", "800", "63.3%", "0"],
        ["meter1", "3", "15.623", "1.2%", "2,500", "100%", "1"],
        [ODD, "1", "–", "–", "-12", "2.1%", "0"],
    ]
    assert cells(page, "months") == [
        ["Mar 2026", "2", "1,240.000", "2,500", "67.8%"],
        ["Feb 2026", "2", "30.123", "1,500", "75%"],
    ]


def test_the_chart_stacks_the_meters_and_has_a_gap(viewer, metered):
    page = viewer.get("/energy")
    assert page.titles == ["Energy by day (kWh)"]
    assert sorted(page.marks) == [
        "Feb 27, 2026, meter1: 10.123 kWh",
        "Feb 27, 2026, meter2: 20.000 kWh",
        "Feb 28, 2026, meter1: 0.000 kWh",
        "Mar 2, 2026, meter1: 5.500 kWh",
        "Mar 3, 2026, meter2: 1,234.500 kWh",
    ]
    (table,) = page.tables
    assert table.columns == ["date", "all", "meter2", "meter1", ODD]
    assert table.rows[2] == ["Mar 2, 2026", "5.500", "", "5.500", ""]
    drawn = [node.text for node in page.html.one("figure").one("svg").all("text")]
    assert "Mar 1, 2026" in drawn
    keeps_to_the_policy(page)
    assert other_hosts(page.text) == set()


def test_smaller_meters_are_added_up_exactly(world, viewer):
    rows = [row(FIRST, f"meter{n:02}", f"{n}.000001") for n in range(1, 13)]
    put(world, *rows, row(LAST, "meter01", "0.1"))
    page = viewer.get("/energy")
    (table,) = page.tables
    assert table.columns == ["date", "all", *(f"meter{n:02}" for n in (12, 11, 10, 9, 8)), "7 others"]
    assert [line[-1] for line in table.rows] == ["28.000", "0.100"]
    assert "Feb 27, 2026, 7 others: 28.000 kWh" in page.marks
    nine = viewer.get("/energy", source="meter09")
    assert nine.tables[0].columns == ["date", "all", "meter09"]


def test_a_long_period_is_drawn_by_months(world, viewer):
    put(world, row(date(2025, 10, 31), kwh="1"), row(date(2025, 12, 31), kwh="2"), row(LAST, kwh="3"))
    page = viewer.get("/energy")
    assert page.titles == ["Energy by month (kWh)"]
    assert page.marks == [
        "Oct 2025, meter1: 1.000 kWh",
        "Dec 2025, meter1: 2.000 kWh",
        "Mar 2026, meter1: 3.000 kWh",
    ]
    drawn = [node.text for node in page.html.one("figure").one("svg").all("text")]
    months = [text for text in drawn if text.endswith(("2025", "2026"))]
    assert months == ["Oct 2025", "Nov 2025", "Dec 2025", "Jan 2026", "Feb 2026", "Mar 2026"]


def test_of_too_many_rows_each_line_is_a_day(world, viewer, monkeypatch):
    put(world, *ROWS)
    monkeypatch.setattr(energy, "MOST_ROWS", 5)
    page = viewer.get("/energy")
    assert cells(page, "days") == [
        ["Mar 3, 2026", "1", "1,234.500", "500", "50 / 50", "8,640"],
        ["Mar 2, 2026", "2 counters fell: 1", "5.500", "2,500", "49 / 96", "8,645"],
        ["Feb 28, 2026", "1", "0.000", "3", "48 / 48", "8,640"],
        ["Feb 27, 2026", "2", "30.123", "1,500", "60 / 96", "8,740"],
    ]
    assert "each line is a day" in page.main
    assert len(file(viewer)) == len(ROWS)
    monkeypatch.setattr(energy, "MOST_ROWS", 2)
    one = viewer.get("/energy", source="meter1")
    assert cells(one, "days")[0] == [
        "Mar 2, 2026",
        "meter1 counter fell",
        *("5.500", "2,500", "48 / 48", "8,640"),
    ]
    assert "each line is a day" not in one.main


@pytest.mark.parametrize(
    "given, days",
    [
        ({"start_date": "2026-03-01"}, DAYS[2:]),
        ({"end_date": "2026-02-28"}, DAYS[:2]),
        ({"start_date": "2026-02-28", "end_date": "2026-02-28"}, DAYS[1:2]),
        ({"start_date": "0001-01-01", "end_date": "9999-12-31"}, DAYS),
        ({"source": "meter1"}, DAYS[:3]),
        ({"source": ODD}, DAYS[2:3]),
        ({"source": "meter2", "start_date": "2026-02-28"}, DAYS[3:]),
    ],
)
def test_dates_and_meter_filter_page_and_file_alike(viewer, metered, given, days):
    page = viewer.get("/energy", **given)
    wanted = [one for one in ROWS if one[0] in days and given.get("source", one[1]) == one[1]]
    link = page.html.one("a", class_="download").attributes["href"]
    lines = list(csv.reader(StringIO(viewer.follow(link).text)))[1:]
    assert {(line[0], line[1]) for line in lines} == {(str(one[0]), one[1]) for one in wanted}
    assert len(cells(page, "days")) == len(lines) == len(wanted)
    total = sum((one[2] or Decimal(0) for one in wanted), Decimal(0))
    known = page.headline["Energy"][0] != "– kWh"
    assert page.headline["Energy"][0] == (f"{total:,.1f} kWh" if known else "– kWh")
    assert known == (given.get("source") != ODD)
    assert {line[0] for line in cells(page, "by-source")} == {one[1] for one in wanted}


def test_without_dates_the_newest_30_are_shown(world, viewer):
    days = [FIRST + timedelta(days=n) for n in range(33)]
    put(world, *(row(day, "meter1", str(n)) for n, day in enumerate(days)), row(days[0], "old", "99"))
    page = viewer.get("/energy")
    assert page.headline["Energy per day"] == ["17.5 kWh", "30 days"]
    assert [line[:3] for line in cells(page, "by-source")] == [["meter1", "30", "525.000"]]
    assert len(cells(page, "days")) == len(file(viewer)) == 30
    assert len(cells(viewer.get("/energy", start_date=str(FIRST)), "days")) == 34
    # What is kept added up says the same as the rows.
    dated = viewer.get("/energy", start_date=str(days[3]), end_date=str(days[-1]))
    assert cells(dated, "by-source") == cells(page, "by-source")


def test_only_the_largest_meters_are_listed(world, viewer):
    put(world, *(row(FIRST, f"meter{n:03}", str(n)) for n in range(120)))
    for given in ({}, {"start_date": str(FIRST)}):
        page = viewer.get("/energy", **given)
        listed = [line[0] for line in cells(page, "by-source")]
        assert (listed[0], listed[-1], len(listed)) == ("meter119", "meter070", 50)
        assert "The 50 largest of 120 meters are shown." in page.main


def test_a_meter_of_the_table_leads_to_its_own_page(viewer, metered):
    links = viewer.get("/energy", start_date="2026-02-27").html.one("table", id="by-source").all("a")
    page = viewer.follow(links[2].attributes["href"], "/energy")
    assert page.html.one("h1").text == f"Energy {ODD}"
    assert page.html.one("input", name="start_date").attributes["value"] == "2026-02-27"
    assert page.html.one("input", name="source").attributes["value"] == ODD
    keeps_to_the_policy(page)
    assert page.html.all("b") == []


@pytest.mark.parametrize("path", ["/energy", "/energy.csv"])
@pytest.mark.parametrize(
    "given, said",
    [
        ({"start_date": "1.3.2026"}, "start_date=1.3.2026"),
        ({"end_date": "2026-02-30"}, "end_date=2026-02-30"),
        ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, "end_date=2026-03-01"),
        ({"source": "meter9"}, "source=meter9"),
        ({"source": "'; DROP TABLE daily_energy; --"}, "source='; DROP TABLE"),
        ({"source": "a\0b"}, "it holds a character that no name has"),
        ({"source": ["meter1", "meter2"]}, "source=meter1, meter2"),
        ({"meter": "meter1"}, "meter=meter1"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(world, viewer, path, given, said):
    for _ in range(2):
        page = viewer.get(path, **given)
        assert (page.status, said in page.main) == (400, True)
        put(world, *ROWS)


def test_before_the_first_day_the_page_says_what_to_run(world, viewer):
    for prepare in (lambda: None, lambda: world.start("5,a1,t1")):
        prepare()
        page = viewer.get("/energy")
        assert page.status == 200
        assert "No archived day has energy yet" in page.main
        assert page.html.one("pre").text == ".venv/bin/python -m etl.main --job archive"
        assert file(viewer) == []
    put(world, row(FIRST))
    assert "No archived day has energy yet" not in viewer.get("/energy").main


def test_days_archived_but_not_modelled_are_said_at_once(world, viewer, asked):
    assert "not modelled yet" not in viewer.get("/energy").main
    archive(world, FIRST, LAST)
    page = viewer.get("/energy")
    assert "Days archived but not modelled yet: 2 (Feb 27, 2026 – Mar 3, 2026)." in page.main
    assert "No archived day has energy yet" in page.main
    model(world, [FIRST], [row(FIRST)])
    assert "not modelled yet: 1 (Mar 3, 2026 – Mar 3, 2026)." in viewer.get("/energy").main
    model(world, [LAST], [])
    assert "not modelled yet" not in viewer.get("/energy").main


def test_a_period_without_energy_says_so(viewer, metered):
    page = viewer.get("/energy", start_date=str(HOLE), end_date=str(HOLE))
    assert "No day of this period has energy." in page.main
    assert (page.html.all("table"), page.html.all("svg")) == ([], [])
    assert file(viewer, start_date=str(HOLE), end_date=str(HOLE)) == []


def test_days_without_any_counter_have_no_chart(world, viewer):
    put(world, row(FIRST, kwh=None))
    page = viewer.get("/energy")
    assert page.html.all("svg") == []
    assert page.headline["Energy"][0] == page.headline["Energy per day"][0] == "– kWh"
    assert cells(page, "days")[0][2] == cells(page, "by-source")[0][3] == "–"


def test_a_run_changes_the_page_and_nothing_else_asks_again(world, viewer, metered, asked):
    tag = viewer.get("/energy").headers["ETag"]
    del asked[:]
    assert viewer.ask("/energy", If_None_Match=tag).status == 304
    assert asked == []
    put(world, *(one for one in ROWS if one[0] == LAST))
    assert viewer.ask("/energy", If_None_Match=tag).status == 304
    put(world, row(LAST, "meter2", "1234.6"))
    assert viewer.ask("/energy", If_None_Match=tag).status == 200
    assert cells(viewer.get("/energy"), "days")[0][2] == "1,234.600"


def test_where_pages_are_not_open_it_asks_for_sign_in(world, metered):
    world.set(OPEN_PAGES="0")
    viewer = Viewer()
    add(viewer, "vera", "viewer")
    for path in ("/energy", "/energy.csv"):
        page = viewer.get(path)
        assert (page.status, page.headers["Location"].startswith("/sign-in?next=/energy")) == (302, True)
    vera = Person(viewer)
    vera.sign_in("vera")
    assert "vera" in vera.get("/energy").html.one("header").text
    assert len(vera.get("/energy.csv").text.splitlines()) == len(ROWS) + 1


def test_the_navigation_marks_the_page(viewer, metered):
    found = viewer.get("/energy").html.all("a", **{"aria-current": "page"})
    assert [link.text for link in found] == ["Energy"]


def test_in_japanese_all_of_it_is(world, viewer, metered):
    archive(world, HOLE)
    page = viewer.ask("/energy", Accept_Language="ja")
    assert page.html.one("h1").text == "使用量"
    assert page.titles == ["日別使用量（kWh）"]
    assert [line[0] for line in cells(page, "months")] == ["2026年3月", "2026年2月"]
    assert page.headline["データ充足率"] == ["71.4%", "207 / 290コマ（30分）"]
    for english in ("Energy", "energy", "ounter", "odelled", "Days", "Months", "ompleteness", "of the"):
        assert english not in page.main
