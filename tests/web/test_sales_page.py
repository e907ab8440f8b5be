"""The page of daily sales: figures equal to a recomputation from the orders; filters, cache, languages."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO

import pytest

from tests.integration.sales.orders import Version, insert, plain, run, version
from tests.web.people import Person, add
from tests.web.policy import keeps_to_the_policy, other_hosts
from tests.web.site import Page, Viewer
from tests.web.test_history_page import ended, signed_in

FIRST, LAST = date(2025, 11, 28), date(2025, 12, 8)
HOLE = date(2025, 12, 3)
COLUMNS = [
    "sales_date",
    "orders",
    "customers",
    "quantity",
    "gross",
    "cancelled",
    "net",
    "mean_7_days",
    "month_to_date",
    "change_to_day_before",
    "change_to_week_before",
]
ORDERS = [
    version(1, at="2025-11-28 23:59", amount="1234567"),
    version(2, at="2025-11-30 10:00", amount="0.50", user_id=6),
    version(3, at="2025-12-01 00:00", amount="999999999999999", product="cable"),
    version(3, 2, at="2025-12-02 00:00", amount="2000", product="cable"),
    version(4, at="2025-12-02 12:00", amount="500", status="cancelled", user_id=6),
    version(5, at="2025-12-02 13:00", amount="1000.25"),
    version(6, at="2025-12-05 13:00", amount="70"),
    version(7, at="2025-12-05 14:00", amount="70", product="<b>&\"'"),
    version(8, at="2025-12-08 14:00", amount="300"),
]


def compute(world, *days: date) -> None:
    for day in days:
        assert run(world, "--date", str(day)).code == 0


@pytest.fixture
def sold(world) -> list[date]:
    """The computed dates: all but the hole."""
    insert(world, *ORDERS)
    found = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    days = [day for day in found if day != HOLE]
    compute(world, *days)
    return days


def expected(orders: list[Version], days: list[date]) -> list[list]:
    """The rows, the oldest first, found without SQL."""
    net = {}
    rows = []
    for day in days:
        *counts, gross, cancelled, net[day] = plain(orders, day)[None]
        week = [net[known] for known in net if timedelta() <= day - known < timedelta(days=7)]
        changes = [net[day] - net[then] if then in net else None for then in before(day)]
        month = sum(value for known, value in net.items() if known.replace(day=1) == day.replace(day=1))
        mean = Decimal(sum(week)) / len(week)
        rows.append([day, *counts, gross, cancelled, net[day], mean, month, *changes])
    return rows


def before(day: date) -> list[date]:
    return [day - timedelta(days=1), day - timedelta(days=7)]


def exact(viewer: Viewer, **given: str) -> list[list]:
    """The rows of the file, the newest first."""
    page = viewer.get("/sales.csv", **given)
    assert page.status == 200, page.text
    header, *lines = csv.reader(StringIO(page.text))
    assert header == COLUMNS
    return [
        [date.fromisoformat(day), *(Decimal(text) if text else None for text in rest)] for day, *rest in lines
    ]


def cells(page: Page, table: str) -> list[list[str]]:
    rows = page.html.one("table", id=table).one("tbody").all("tr")
    return [[cell.text for cell in row.all("th", "td")] for row in rows]


def rounded(rows: list[list]) -> list[list]:
    return [[*row[:7], round(row[7], 6), *row[8:]] for row in rows]


def test_the_file_equals_a_recomputation_from_the_orders(viewer, sold):
    found = exact(viewer)
    assert [row[0] for row in found] == sold[::-1]
    assert rounded(found) == rounded(expected(ORDERS, sold)[::-1])


def test_the_page_shows_the_days_of_the_file_the_newest_first(viewer, sold):
    page = viewer.get("/sales")
    shown = cells(page, "days")
    for text, row in zip(shown, exact(viewer), strict=True):
        day, *numbers = row
        assert text[0] == f"{day:%b} {day.day}, {day.year}"
        got = [Decimal(one.replace(",", "")) if one != "–" else None for one in text[1:]]
        assert got == [*numbers[:6], round(numbers[6], 1), *numbers[7:]]
    assert shown[-1] == [
        *("Nov 28, 2025", "1", "1", "2", "1,234,567", "0", "1,234,567", "1,234,567.0", "1,234,567", "–", "–")
    ]
    of_second = [row for row in shown if row[0] == "Dec 2, 2025"]
    assert of_second[0][4:] == ["3,500.25", "500", "3,000.25", "247,513.6", "3,000.25", "+3,000.25", "–"]
    assert shown[0][-2:] == ["+300", "+300"]


def test_the_headline_and_the_months_add_the_days_up(viewer, sold):
    page = viewer.get("/sales", start_date="2025-11-30", end_date="2025-12-02")
    assert page.headline == {
        "Net sales": ["3,000.75 yen", "Nov 30, 2025 – Dec 2, 2025"],
        "Net per day": ["1,000.2 yen", "3 days"],
        "Orders per day": ["1.3"],
        "Cancelled": ["14.3%", "500 of 3,500.75 yen"],
    }
    assert cells(page, "months") == [
        ["Dec 2025", "2", "3", "6", "3,500.25", "500", "3,000.25"],
        ["Nov 2025", "1", "1", "2", "0.5", "0", "0.5"],
    ]


def test_the_chart_says_each_day_and_has_a_gap(viewer, sold):
    page = viewer.get("/sales")
    assert page.titles == ["Net sales by day (yen)"]
    assert len(page.marks) == len(sold)
    assert "Dec 2, 2025: 3,000.25 yen, 7-day mean 247,513.6 yen" in page.marks
    assert not any("Dec 3" in mark for mark in page.marks)
    keeps_to_the_policy(page)
    assert other_hosts(page.text) == set()


@pytest.mark.parametrize(
    "given, first, last",
    [
        ({"start_date": "2025-12-05"}, "2025-12-05", "2025-12-08"),
        ({"end_date": "2025-11-29"}, "2025-11-28", "2025-11-29"),
        ({"start_date": "2025-12-02", "end_date": "2025-12-02"}, "2025-12-02", "2025-12-02"),
        ({"start_date": "", "end_date": "9999-12-31"}, "2025-11-28", "2025-12-08"),
        ({"start_date": "0001-01-01"}, "2025-11-28", "2025-12-08"),
    ],
)
def test_both_ends_of_the_period_are_included_and_the_file_follows(viewer, sold, given, first, last):
    page = viewer.get("/sales", **given)
    link = page.html.one("a", class_="download").attributes["href"]
    file = viewer.follow(link)
    assert file.headers["Content-Disposition"] == 'attachment; filename="sales.csv"'
    dates = [line.split(",")[0] for line in file.text.splitlines()[1:]]
    assert (dates[-1], dates[0]) == (first, last)
    assert len(cells(page, "days")) == len(dates) == len([d for d in sold if first <= str(d) <= last])
    # What a row says of days before it does not depend on the filter.
    whole = {row[0]: row for row in exact(viewer)}
    assert all(row == whole[row[0]] for row in exact(viewer, **given))


def test_without_dates_the_newest_90_are_shown(world, viewer):
    compute(world, date(2025, 1, 1))
    world.do("TRUNCATE daily_sales")
    world.do(
        "INSERT INTO daily_sales SELECT day::date, NULL, 1, 1, 1, n, 0, n"
        " FROM generate_series('2025-01-01'::timestamp, '2025-04-10', '1 day') WITH ORDINALITY AS d (day, n)"
    )
    found = exact(viewer)
    assert (len(found), found[0][0], found[-1][0]) == (90, date(2025, 4, 10), date(2025, 1, 11))
    page = viewer.get("/sales")
    assert page.headline["Net per day"] == ["55.5 yen", "90 days"]
    assert [row[:2] for row in cells(page, "months")][-1] == ["Jan 2025", "21"]
    assert len(exact(viewer, start_date="2025-01-01")) == 100


@pytest.mark.parametrize("days, step", [(1, 1), (13, 1), (90, 7)])
def test_no_date_label_is_there_twice_or_stands_in_another(world, viewer, days, step):
    compute(world, date(2025, 1, 1))
    world.do(
        "INSERT INTO daily_sales SELECT day::date, NULL, 1, 1, 1, 1, 0, 1"
        " FROM generate_series('2025-01-02'::timestamp, %s, '1 day') AS day",
        date(2025, 1, 1) + timedelta(days=days - 1),
    )
    texts = [node.text for node in viewer.get("/sales").html.one("figure").all("text")]
    labels = [text for text in texts if ", 2025" in text]
    wanted = [date(2025, 1, 1) + timedelta(days=n) for n in range(0, days, step)]
    assert labels == [f"{day:%b} {day.day}, {day.year}" for day in wanted]


def test_products_are_added_up_the_most_sold_first(world, viewer, sold):
    dates = {"start_date": "2025-12-01", "end_date": "2025-12-05"}
    assert cells(viewer.get("/sales", **dates), "products") == [
        ["cable", "1", "2", "2,000", "0", "2,000", "63.7%"],
        ["meter", "3", "6", "1,570.25", "500", "1,070.25", "34.1%"],
        ["<b>&\"'", "1", "2", "70", "0", "70", "2.2%"],
    ]
    whole = viewer.get("/sales")
    net = sum(Decimal(row[5].replace(",", "")) for row in cells(whole, "products"))
    assert whole.headline["Net sales"][0] == f"{net:,f} yen".replace(".00", "")
    assert "products are shown" not in whole.main
    world.do(
        "INSERT INTO daily_sales SELECT %s, 'p' || n, 1, 1, 1, n, 0, n FROM generate_series(1, 200) AS n",
        LAST,
    )
    viewer.forget()
    many = viewer.get("/sales")
    assert [row[0] for row in cells(many, "products")][1:3] == ["cable", "p200"]
    assert len(cells(many, "products")) == 100
    assert "The 100 most sold of 203 products are shown." in many.main


def test_days_whose_orders_came_since_are_marked_at_once_for_whoever_inserts_them(world, viewer, sold):
    assert "orders came since" not in viewer.get("/sales").main
    insert(world, version(10, at=f"{LAST} 09:00"), version(11, at=f"{HOLE} 09:00"))
    page = viewer.get("/sales")
    assert "Orders came for 1 of these days since they were computed." in page.main
    late = [row[0] for row in cells(page, "days") if "orders came since" in row[0]]
    assert late == ["Dec 8, 2025 orders came since"]
    assert page.html.one("table", id="days").all("form") == []
    assert "Orders came" not in viewer.get("/sales", end_date="2025-12-07").main
    compute(world, LAST)
    assert "orders came since" not in viewer.get("/sales").main


def test_administrators_have_such_a_day_computed_again(world, viewer, sold):
    insert(world, version(10, at=f"{LAST} 09:00"))
    alice = signed_in(viewer)
    form = alice.get("/sales").html.one("table", id="days").one("form")
    assert form.one("button").attributes["aria-label"] == "Compute Dec 8, 2025 again"
    fields = {node.attributes["name"]: node.attributes["value"] for node in form.all("input")}
    answer = alice.post(form.attributes["action"], **fields)
    assert answer.status == 303
    record = ended(alice, answer)
    assert (record["job_name"], record["status"], record["date"]) == ("daily_sales", "SUCCESS", str(LAST))
    assert alice.get("/sales").html.one("table", id="days").all("form") == []
    assert cells(alice.get("/sales"), "days")[0][1] == "2"


@pytest.mark.parametrize("path", ["/sales", "/sales.csv"])
@pytest.mark.parametrize(
    "given, said",
    [
        ({"start_date": "1.12.2025"}, "start_date=1.12.2025"),
        ({"end_date": "2025-02-30"}, "end_date=2025-02-30"),
        ({"start_date": "2025-12-02", "end_date": "2025-12-01"}, "end_date=2025-12-01"),
        ({"start_date": ["2025-12-02", "2025-12-03"]}, "start_date=2025-12-02, 2025-12-03"),
        ({"product": "meter"}, "product=meter"),
        ({"start_date": "'; DROP TABLE daily_sales; --"}, "start_date='; DROP TABLE"),
    ],
)
def test_a_bad_parameter_is_refused_by_name_before_and_after_the_first_run(world, viewer, path, given, said):
    for _ in range(2):
        page = viewer.get(path, **given)
        assert (page.status, said in page.main) == (400, True)
        compute(world, FIRST)


def test_before_the_first_run_the_page_says_what_to_run(world, viewer):
    for prepare in (lambda: None, lambda: world.start("5,a1,t1")):
        prepare()
        page = viewer.get("/sales")
        assert page.status == 200
        assert "No day has been computed yet" in page.main
        assert page.html.one("pre").text == ".venv/bin/python -m etl.main --job daily_sales"
        assert exact(viewer) == []
        assert "No day has been computed yet" in viewer.get("/sales", start_date="2025-01-01").main
    compute(world, FIRST)
    assert "No day has been computed yet" not in viewer.get("/sales").main
    assert cells(viewer.get("/sales"), "days")[0][1] == "0"
    assert viewer.get("/sales").headline["Cancelled"] == ["–", "0 of 0 yen"]


def test_a_period_without_computed_days_says_so(viewer, sold):
    page = viewer.get("/sales", start_date=str(HOLE), end_date=str(HOLE))
    assert "No day of this period has been computed." in page.main
    assert (page.html.all("table"), page.html.all("svg")) == ([], [])
    assert exact(viewer, start_date=str(HOLE), end_date=str(HOLE)) == []


def test_a_run_changes_the_page_at_once_and_nothing_else_asks_again(world, viewer, sold, asked):
    tag = viewer.get("/sales").headers["ETag"]
    del asked[:]
    assert viewer.ask("/sales", If_None_Match=tag).status == 304
    assert asked == []
    late = version(9, at="2025-12-08 09:00", amount="1000000")
    insert(world, late)
    compute(world, LAST)
    assert viewer.ask("/sales", If_None_Match=tag).status == 200
    assert cells(viewer.get("/sales"), "days")[0][1] == "2"
    assert rounded(exact(viewer)) == rounded(expected([*ORDERS, late], sold)[::-1])
    del asked[:]
    compute(world, LAST)
    viewer.get("/sales")
    assert asked == []


def test_amounts_beyond_what_28_digits_hold_are_exact(world, viewer):
    amount = "123456789012345678901234567890.123456789"
    insert(world, version(1, amount=amount), version(2, amount="1"))
    compute(world, date(2025, 12, 1))
    (row,) = exact(viewer)
    assert f"{row[6]:f}" == "123456789012345678901234567891.123456789"
    shown = "123,456,789,012,345,678,901,234,567,891.123456789"
    assert viewer.get("/sales").headline["Net sales"][0] == f"{shown} yen"
    assert cells(viewer.get("/sales"), "days")[0][6] == shown


def test_where_pages_are_not_open_it_asks_for_sign_in(world, sold):
    world.set(OPEN_PAGES="0")
    viewer = Viewer()
    add(viewer, "vera", "viewer")
    for path in ("/sales", "/sales.csv"):
        page = viewer.get(path)
        assert (page.status, page.headers["Location"].startswith("/sign-in?next=/sales")) == (302, True)
    vera = Person(viewer)
    vera.sign_in("vera")
    page = vera.get("/sales")
    assert "vera" in page.html.one("header").text
    assert len(cells(page, "days")) == len(vera.get("/sales.csv").text.splitlines()) - 1 == len(sold)


def test_the_navigation_marks_where_one_is(viewer, sold):
    for path, name in (("/", "Summary"), ("/sales", "Sales")):
        found = viewer.get(path).html.all("a", **{"aria-current": "page"})
        marked = [link.text for link in found]
        assert marked == [name]


def test_in_japanese_all_of_it_is(viewer, sold):
    page = viewer.ask("/sales", Accept_Language="ja")
    assert page.html.one("h1").text == "売上"
    assert page.titles == ["日別純売上（円）"]
    assert [row[0] for row in cells(page, "months")] == ["2025年12月", "2025年11月"]
    assert page.headline["純売上"][0].endswith(" 円")
    for english in ("yen", "Cancelled", "Months", "Days", "orders", "computed", "exact"):
        assert english not in page.main
