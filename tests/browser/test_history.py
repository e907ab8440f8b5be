"""The history in a browser: sign in, start a run, see it end, open it, filter; with and without scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from etl.config import Config
from tests.browser.test_accessibility import LOOKS, OPTIONS
from tests.browser.test_sign_in import fill_in
from tests.web import people, site
from tests.web.operators import add_runs, held_up
from tests.web.people import PASSWORD

PATH = "/data-collection/history"


@pytest.fixture(scope="module")
def grace(viewer) -> str:
    """The name of an administrator."""
    world = viewer.world
    people.add(
        site.Viewer(Config(database_url=world.connection.dsn, state_dir=world.state)), "grace", "admin"
    )
    return "grace"


@pytest.fixture
def history(open_page, grace):
    """Opens the history, signed in."""

    def opened(**context) -> Page:
        page = open_page(PATH, **context)
        fill_in(page, grace, PASSWORD)
        expect(page.locator("h1")).to_contain_text("Data collection history")
        return page

    return opened


def start(page: Page) -> str:
    """Start a run by the form; its uuid."""
    page.get_by_text("Start a run").click()
    page.get_by_label("date", exact=True).fill("2025-06-09")
    page.get_by_role("button", name="Start", exact=True).click()
    notice = page.get_by_role("status")
    expect(notice).to_contain_text("Started: run")
    return notice.inner_text().removeprefix("Started: run ").rstrip(".")


def test_a_run_is_started_and_turns_from_running_to_success_by_itself(viewer, history):
    page, world = history(), viewer.world
    before = len(world.readings())
    world.put_readings(5, "2025-06-09 00:00:00,1.5", "2025-06-09 00:30:00,2.5", "2025-06-08 00:00:00,9e9")
    world.put_readings(5, "2025-06-09 00:00:00,1.5", "2025-06-09 00:30:00,2.5")
    with held_up(world):
        run = page.locator(f"#run-{start(page)}")
        expect(run.locator(".badge")).to_have_text("running")
        expect(page.locator("#state")).to_contain_text("running")
        run.locator("summary").click()
    # Nobody touches the page: it asks again on its own, and what was open stays open.
    expect(run.locator(".badge")).to_have_text("success", timeout=30_000)
    expect(run.locator("details")).to_have_attribute("open", "")
    expect(run).to_contain_text("2 / 2 / 0")
    expect(page.locator("#state")).to_contain_text("next run:")
    assert len(world.readings()) == before + 2


def test_a_run_that_cron_starts_is_seen_without_a_reload(viewer, history):
    page, world = history(), viewer.world
    count = page.locator(".runs tbody").count()
    add_runs(world, 1)
    expect(page.locator(".runs tbody")).to_have_count(count + 1, timeout=40_000)


def test_a_row_opens_by_a_click_and_its_id_can_be_copied(history):
    page = history(permissions=["clipboard-read", "clipboard-write"])
    run = page.locator(".runs tbody").first
    run.locator("td").nth(1).click()
    expect(run.locator("pre")).to_contain_text('"status": "SUCCESS"')
    run.get_by_role("button", name="Copy").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert run.get_attribute("id") == f"run-{copied}"


def test_filters_stand_in_the_address(history):
    page = history()
    page.get_by_role("search").get_by_label("status").select_option("FAILURE")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#runs")).to_contain_text("No run matches.")
    assert "status=FAILURE" in page.url
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator(".runs tbody").first).to_be_visible()


def test_without_scripts_the_form_works_and_the_page_comes_again(viewer, history):
    page = history(java_script_enabled=False)
    with held_up(viewer.world):
        run = page.locator(f"#run-{start(page)}")
        expect(run.locator(".badge")).to_have_text("running")
    expect(run.locator(".badge")).to_have_text("success", timeout=30_000)
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)


@pytest.mark.parametrize(("locale", "scheme"), LOOKS)
def test_axe_finds_nothing(history, open_page, grace, locale, scheme):
    page = open_page(PATH, locale=locale, color_scheme=scheme, bypass_csp=True)
    page.locator("[name=name]").fill(grace)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button").click()
    page.locator(".trigger summary").click()
    page.locator(".runs summary").first.click()
    found = Axe().run(page, options=OPTIONS)
    assert found.violations_count == 0, found.generate_report()
