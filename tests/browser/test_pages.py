"""The summary: filters, switches, search, order and pages change what one sees and stand in the URL."""

import re

from playwright.sync_api import Page, expect

from tests.browser import reading
from tests.browser.viewer import DEPARTED, Viewer

TABLE = "table.users"


def totals(viewer, where: str = "true", *parameters: object) -> list[str]:
    """Readings and kWh of the database, as the headline writes them."""
    query = f"SELECT sum(readings), sum(energy_wh) / 1000 FROM web.load_by_date WHERE {where}"
    ((readings, kwh),) = viewer.world.rows(query, *parameters)
    return [f"{readings:,}", f"{kwh:,.1f} kWh"]


def test_the_summary_opens_with_the_figures_of_the_database(open_page, viewer):
    page = open_page("/")
    expect(page.locator("h1")).to_be_visible()
    assert reading.figures(page)[:3] == ["120", *totals(viewer)]
    assert len(reading.labels(page)) == 7 * 24
    assert reading.ids(page) == list(range(1, 51))


def test_a_filter_changes_chart_and_figures_and_stands_in_the_url(open_page, viewer):
    page = open_page("/")
    before = reading.labels(page)
    page.locator("select[name=area]").select_option("Tokyo")
    page.locator("select[name=tariff]").select_option("night")
    reading.submit(page)
    expect(page).to_have_url(re.compile("area=Tokyo.*tariff=night"))
    assert reading.figures(page)[1:3] == totals(viewer, "area = 'Tokyo' AND tariff = 'night'")
    after = reading.labels(page)
    assert len(after) == len(before)
    assert after != before
    assert set(reading.column(page, 2)) == {"Tokyo"}
    assert set(reading.column(page, 3)) == {"night"}
    sent = open_page(page.url)
    assert (reading.figures(sent), reading.labels(sent)) == (reading.figures(page), after)


def test_a_period_is_filtered_too_and_can_be_cleared(open_page, viewer):
    page = open_page("/?split=area")
    page.locator("input[name=start_date]").first.fill("2025-06-05")
    page.locator("input[name=end_date]").first.fill("2025-06-06")
    reading.submit(page)
    expect(page).to_have_url(re.compile("start_date=2025-06-05.*end_date=2025-06-06.*split=area"))
    dates = "local_date BETWEEN '2025-06-05' AND '2025-06-06'"
    assert reading.figures(page)[1:3] == totals(viewer, dates)
    page.locator("main form.filters > a").first.click()
    assert reading.figures(page)[1:3] == totals(viewer)


def test_switching_the_measure_and_splitting_change_the_chart(open_page, viewer):
    page = open_page("/?area=Tokyo")
    means = reading.labels(page)
    assert all(label.endswith(" Wh") for label in means)
    page.locator(".switch a[href*='measure=total']").click()
    expect(page).to_have_url(re.compile("measure=total"))
    sums = reading.labels(page)
    assert all(label.endswith(" kWh") for label in sums)
    page.locator(".switch a[href*='split=tariff']").click()
    expect(page).to_have_url(re.compile("area=Tokyo.*measure=total.*split=tariff"))
    parts = reading.labels(page)
    assert len(parts) == 3 * len(sums)
    assert {label.split(", ")[1].split(":")[0] for label in parts} == {"business", "night", "standard"}
    assert reading.figures(page)[1:3] == totals(viewer, "area = 'Tokyo'")


def test_the_table_beside_a_chart_has_its_numbers(open_page):
    page = open_page("/")
    rows = (
        page.locator("figure.chart")
        .first.locator("tbody tr")
        .evaluate_all("rows => rows.map(row => [...row.children].map(cell => cell.textContent))")
    )
    listed = [f"{day} {hour:02}:00: {text} Wh" for day, *row in rows for hour, text in enumerate(row)]
    assert sorted(listed) == sorted(reading.labels(page))


def test_a_search_finds_the_users_whose_id_begins_so(open_page):
    page = open_page("/?area=Kansai")
    reading.search(page, q="5")
    expect(page).to_have_url(re.compile("q=5"))
    found = reading.ids(page)
    assert 5 in found
    assert all(str(user).startswith("5") for user in found)
    assert set(reading.column(page, 2)) == {"Kansai"}
    reading.search(page, q="999")
    expect(page.locator(TABLE)).to_have_count(0)


def test_the_status_filter_shows_who_departed(open_page):
    page = open_page("/")
    reading.search(page, status="departed")
    expect(page).to_have_url(re.compile("status=departed"))
    assert reading.ids(page) == [DEPARTED]
    reading.search(page, status="active")
    assert DEPARTED not in reading.ids(page)
    assert len(reading.ids(page)) == 50


def test_a_click_on_a_head_sorts_and_another_one_turns_it_round(open_page, viewer):
    page = open_page("/")
    # The order of ids is the one it begins with: it comes last here.
    for number, key in (
        (2, "area"),
        (3, "tariff"),
        (4, "status"),
        (5, "last_measured_at"),
        (6, "energy_wh"),
        (1, "id"),
    ):
        check_order(page, viewer, number, key)


def check_order(page: Page, viewer: Viewer, number: int, key: str) -> None:
    head = page.locator(f"{TABLE} thead th").nth(number - 1)
    for direction, sign in (("ascending", "ASC"), ("descending", "DESC")):
        head.locator("a").click()
        expect(head).to_have_attribute("aria-sort", direction)
        expect(page.locator("[aria-sort]")).to_have_count(1)
        order = f'"{key}" COLLATE "C" {sign}' if key in ("area", "tariff", "status") else f"{key} {sign}"
        listed = viewer.world.rows(f"SELECT id, {key} FROM web.user ORDER BY {order} LIMIT 50")
        values = dict(viewer.world.rows(f"SELECT id, {key} FROM web.user"))
        assert [values[user] for user in reading.ids(page)] == [value for _, value in listed]


def test_next_previous_last_and_first_page(open_page):
    page = open_page("/")
    pages = page.locator("nav.pages")
    for rel, expected in (
        ("next", range(51, 101)),
        ("next", range(101, 121)),
        ("prev", range(51, 101)),
        ("last", range(71, 121)),
        ("first", range(1, 51)),
    ):
        pages.locator(f"a[rel={rel}]").click()
        expect(page.locator(f"{TABLE} tbody th").first).to_have_text(str(expected[0]))
        assert reading.ids(page) == list(expected)
        beside = [link.get_attribute("rel") for link in pages.locator("a").all()]
        assert ("next" in beside, "prev" in beside) == (expected[-1] < 120, expected[0] > 1)
