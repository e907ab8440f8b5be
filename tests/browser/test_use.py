"""Other ways to use the pages: keyboard, pointer, no JavaScript, a phone, the dark, paper."""

from itertools import product

import pytest
from playwright.sync_api import expect

from tests.browser import reading
from tests.browser.viewer import GAPPY

PAGES = ["/", "/?split=area&measure=total", f"/users/{GAPPY}"]
MOST_TABS = 100
WHITE = "rgb(255, 255, 255)"
COLOURS = "(all, name) => all.map(one => getComputedStyle(one)[name])"


@pytest.mark.parametrize("address", ["/", f"/users/{GAPPY}"])
def test_without_javascript_the_figures_are_the_same(open_page, address):
    rich, plain = open_page(address), open_page(address, java_script_enabled=False)
    assert reading.figures(plain) == reading.figures(rich)
    assert reading.labels(plain) == reading.labels(rich)
    for chart in plain.locator("figure.chart").all():
        expect(chart.locator("svg")).to_be_visible()
    folded = plain.locator("figure.chart details").all()
    assert len(folded) == (1 if address == "/" else 2), "the numbers of all charts, once"
    for numbers in folded:
        expect(numbers.locator("table")).to_be_hidden()
        numbers.locator("summary").click()
        expect(numbers.locator("table")).to_be_visible()


def test_without_javascript_filters_and_table_work(open_page):
    page = open_page("/", java_script_enabled=False)
    page.locator("select[name=area]").select_option("Tokyo")
    reading.submit(page)
    reading.search(page, q="1", status="active")
    found = reading.ids(page)
    assert found and all(str(user).startswith("1") for user in found)
    page.locator("table.users tbody a").first.click()
    expect(page.locator("h1")).to_contain_text(str(found[0]))


@pytest.mark.parametrize("address", PAGES)
def test_a_pointer_on_a_cell_shows_its_numbers(open_page, address):
    page = open_page(address)
    tip = page.locator(".tip")
    expect(tip).to_be_hidden()
    cell = page.locator("figure.chart").first.locator(reading.MARKS).nth(10)
    box = cell.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(tip).to_be_visible()
    expect(tip).to_have_text(cell.get_attribute("aria-label"))
    expect(tip).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_the_skip_link_comes_first_and_leads_to_the_content(open_page):
    page = open_page("/")
    page.keyboard.press("Tab")
    first = reading.focused(page)
    assert first["href"] == "#main"
    assert first["inside"] and first["outlined"]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert reading.focused(page)["name"] == "start_date"


def test_the_keyboard_reaches_filters_switches_heads_and_users_and_the_focus_is_seen(open_page, viewer):
    page = open_page("/")
    stops = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        stops.append(reading.focused(page))
        if stops[-1]["href"] == "/users/1":
            break
    assert [stop for stop in stops if not stop["inside"]] == []
    # The calendar's button inside a date field has Chromium's own ring.
    seen = {stop["name"] for stop in stops if stop["outlined"]}
    assert [stop for stop in stops if not stop["outlined"] and stop["name"] not in seen - {""}] == []
    names = {stop["name"] for stop in stops}
    assert names >= {"start_date", "end_date", "area", "tariff", "q", "status"}
    links = " ".join(stop["href"] for stop in stops)
    assert all(part in links for part in ("lang=ja", "measure=total", "split=area", "sort=energy"))
    assert {"SUMMARY", "BUTTON"} <= {stop["tag"] for stop in stops}
    page.keyboard.press("Enter")
    expect(page).to_have_url(viewer.user(1))


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_on_a_phone_no_page_scrolls_sideways(open_page, locale):
    page = open_page("/", locale=locale, viewport={"width": 390, "height": 844})
    for address in (*PAGES, "/?area=Nowhere"):
        page.goto(address)
        for _ in range(2):
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= page.evaluate("innerWidth"), address
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_as_light_or_dark_as_the_reader_wants(open_page, scheme):
    page = open_page("/", color_scheme=scheme)
    for found in ("body", "figure.chart", "table.users", "input[name=q]", "select[name=area]"):
        ink, back = reading.style(page.locator(found).first, "color", "backgroundColor")
        dark, light = (back, ink) if scheme == "dark" else (ink, back)
        assert reading.contrast(dark, WHITE) > 10 > 2 > reading.contrast(light, WHITE), found


def test_texts_and_lines_of_charts_stand_out_in_light_and_dark(open_page):
    page = open_page("/")
    weak = []
    for address, scheme in product(PAGES, ("light", "dark")):
        page.goto(address)
        page.emulate_media(color_scheme=scheme)
        (back,) = reading.style(page.locator("figure.chart").first, "backgroundColor")
        for found, name, least in (
            (".chart svg :is([class*=role-axis], [class*=role-legend]) text", "fill", 4.5),
            (".chart svg :is([class*=role-title], [class*=header]) text", "fill", 4.5),
            (".chart svg .mark-line path", "stroke", 3),
        ):
            colours = set(page.locator(found).evaluate_all(COLOURS, name))
            weak += [(address, scheme, found, one) for one in colours if reading.contrast(one, back) < least]
    assert not weak


def test_numbers_in_cells_stand_out_from_their_cell(open_page):
    page = open_page("/")
    chart = page.locator("figure.chart").first
    for address, scheme in product(PAGES, ("light", "dark")):
        page.goto(address)
        page.emulate_media(color_scheme=scheme)
        cells = chart.locator(".mark-rect.role-mark path").evaluate_all(COLOURS, "fill")
        numbers = chart.locator(".mark-text.role-mark text").evaluate_all(COLOURS, "fill")
        assert len(cells) == len(numbers) > 100
        pairs = set(zip(cells, numbers, strict=True))
        assert not {pair for pair in pairs if reading.contrast(*pair) < 4.5}, (address, scheme)


@pytest.mark.parametrize("address", ["/", f"/users/{GAPPY}"])
def test_on_paper_there_are_charts_and_figures_but_no_controls(open_page, address):
    page = open_page(address)
    page.emulate_media(media="print")
    for hidden in page.locator("form, .switches, nav, .skip, .tip, details").all():
        expect(hidden).to_be_hidden()
    expect(page.locator("figure.chart svg").first).to_be_visible()
    expect(page.locator(".headline")).to_be_visible()
