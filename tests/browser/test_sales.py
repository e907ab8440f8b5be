"""The sales page: it opens with its chart, the file comes down, and axe finds nothing."""

import csv
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests import conftest as database
from tests.browser import reading
from tests.browser import viewer as viewers
from tests.browser.test_accessibility import LOOKS, OPTIONS
from tests.browser.viewer import Viewer
from tests.integration.sales.orders import insert, run, version
from tests.world import World

FIRST, DAYS = date(2025, 11, 20), 20


@pytest.fixture(scope="module")
def viewer(browser, tmp_path_factory):
    """A viewer of its own: what others count in the history stays as it is."""
    folder = tmp_path_factory.mktemp("sales")
    with contextmanager(database._database)(database.TEMPLATE) as url, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        world = World(folder, url, patch)
        days = [FIRST + timedelta(days=n) for n in range(DAYS)]
        insert(
            world, *(version(n, at=f"{day} 10:00", amount=f"{1000 * n}.5") for n, day in enumerate(days, 1))
        )
        last = days[-1]
        assert run(world, "--start-date", str(FIRST), "--end-date", str(last)).code == 0
        with viewers.serving(url, folder) as address:
            yield Viewer(address, world)
        world.close()


def test_the_page_opens_from_the_navigation_with_its_chart_and_its_file(open_page):
    page = open_page("/")
    page.locator("nav a", has_text="Sales").click()
    expect(page.locator("nav a[aria-current=page]")).to_have_text("Sales")
    expect(page.locator("h1")).to_have_text("Sales")
    expect(page.locator("figure.chart svg")).to_be_visible()
    labels = reading.labels(page)
    assert len(labels) == DAYS
    assert labels[0] == "Nov 20, 2025: 1,000.5 yen, 7-day mean 1,000.5 yen"
    assert page.locator("#days tbody tr").count() == DAYS
    with page.expect_download() as started:
        page.locator("a.download").click()
    assert started.value.suggested_filename == "sales.csv"
    header, *rows = csv.reader(Path(started.value.path()).read_text().splitlines())
    assert (header[0], len(rows), rows[0][:2]) == ("sales_date", DAYS, ["2025-12-09", "1"])


def test_the_period_is_filtered_and_stands_in_the_url(open_page):
    page = open_page("/sales")
    page.locator("input[name=start_date]").fill("2025-11-30")
    page.locator("input[name=end_date]").fill("2025-12-01")
    reading.submit(page)
    assert "start_date=2025-11-30&end_date=2025-12-01" in page.url
    assert reading.figures(page)[0] == "23,001 yen"
    assert page.locator("#months tbody tr").count() == 2


@pytest.mark.parametrize("locale, scheme", LOOKS)
@pytest.mark.parametrize("address", ["/sales", "/sales?end_date=2000-01-01"])
def test_axe_finds_nothing(open_page, address, locale, scheme):
    page = open_page(address, locale=locale, color_scheme=scheme, bypass_csp=True)
    found = Axe().run(page, options=OPTIONS)
    assert found.response["passes"], "axe looked at nothing"
    assert found.violations_count == 0, found.generate_report()
