"""The energy page: it opens with its chart, the file comes down, and axe finds nothing."""

import csv
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from etl import config
from etl.database import viewer_role
from tests import conftest as database
from tests.browser import reading
from tests.browser import viewer as viewers
from tests.browser.test_accessibility import LOOKS, OPTIONS
from tests.browser.viewer import Viewer
from tests.integration.archive.energy import archive, put, row
from tests.world import World

FIRST, DAYS, METERS = date(2026, 3, 1), 20, 11
LONG = "a meter with a name that is much longer than what anybody would call one " * 2


@pytest.fixture(scope="module")
def viewer(browser, tmp_path_factory):
    """A viewer of its own, with two days of eleven meters and more of one."""
    folder = tmp_path_factory.mktemp("energy")
    with contextmanager(database._database)(database.TEMPLATE) as url, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        world = World(folder, url, patch)
        viewer_role.ensure(world.connection, config.load())
        days = [FIRST + timedelta(days=n) for n in range(DAYS)]
        put(
            world,
            *(row(day, "meter1", f"{n}.5", fell=n == 3) for n, day in enumerate(days)),
            *(row(day, f"meter{n}", str(n)) for day in days[:2] for n in range(2, METERS)),
            row(days[0], LONG.strip(), "3", half_hours=7),
        )
        archive(world, days[-1] + timedelta(days=1))
        with viewers.serving(url, folder) as address:
            yield Viewer(address, world)
        world.close()


def test_the_page_opens_from_the_navigation_with_chart_and_file(open_page):
    page = open_page("/")
    page.locator("nav a", has_text="Energy").click()
    expect(page.locator("nav a[aria-current=page]")).to_have_text("Energy")
    expect(page.locator("figure.chart svg")).to_be_visible()
    assert "Mar 20, 2026, meter1: 19.500 kWh" in reading.labels(page)
    with page.expect_download() as started:
        page.locator("a.download").click()
    assert started.value.suggested_filename == "energy.csv"
    header, *rows = csv.reader(Path(started.value.path()).read_text().splitlines())
    assert (header[0], len(rows), rows[0][:3]) == ("energy_date", 39, ["2026-03-20", "meter1", "19.500000"])


def test_a_meter_is_chosen_by_its_link_and_by_the_filter(open_page):
    page = open_page("/energy")
    page.locator("#by-source a", has_text="meter10").click()
    assert "source=meter10" in page.url
    assert reading.figures(page)[0] == "20.0 kWh"
    page.locator("input[name=source]").fill("meter1")
    page.locator("input[name=end_date]").fill("2026-03-02")
    reading.submit(page)
    assert reading.figures(page)[0] == "2.0 kWh"
    assert page.locator("#days tbody tr").count() == 2


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_is_not_wider_than_the_window(open_page, width):
    page = open_page("/energy", viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("locale, scheme", LOOKS)
@pytest.mark.parametrize("address", ["/energy", "/energy?source=meter1", "/energy?end_date=2000-01-01"])
def test_axe_finds_nothing(open_page, address, locale, scheme):
    page = open_page(address, locale=locale, color_scheme=scheme, bypass_csp=True)
    found = Axe().run(page, options=OPTIONS)
    assert found.response["passes"], "axe looked at nothing"
    assert found.violations_count == 0, found.generate_report()
