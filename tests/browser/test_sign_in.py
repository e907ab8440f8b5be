"""Signing in and out in a browser: by keyboard, without JavaScript, and so that axe is content."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from etl.config import Config
from tests.browser.test_accessibility import LOOKS, OPTIONS
from tests.browser.viewer import GAPPY
from tests.web import people, site
from tests.web.people import PASSWORD


@pytest.fixture(scope="module")
def ada(viewer) -> str:
    """The name of an administrator."""
    world = viewer.world
    made = site.Viewer(Config(database_url=world.connection.dsn, state_dir=world.state))
    people.add(made, "ada", "admin")
    return "ada"


def fill_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_admin_signs_in_sees_the_name_and_signs_out(open_page, ada, scripts):
    page = open_page(f"/users/{GAPPY}", java_script_enabled=scripts)
    header = page.get_by_role("banner")
    header.get_by_role("link", name="Sign in").click()
    fill_in(page, ada, "not the password")
    expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
    expect(page.get_by_label("Name")).to_have_value(ada)
    fill_in(page, ada, PASSWORD)
    expect(page.locator("h1")).to_contain_text(str(GAPPY))
    expect(header.get_by_text(ada, exact=True)).to_be_visible()
    expect(header.get_by_role("link", name="Data collection history")).to_be_visible()
    page.goto("/")
    expect(header.get_by_text(ada, exact=True)).to_be_visible()
    page.emulate_media(media="print")
    expect(header.get_by_role("button", name="Sign out")).to_be_hidden()
    page.emulate_media(media="screen")
    header.get_by_role("button", name="Sign out").click()
    expect(header.get_by_role("link", name="Sign in")).to_be_visible()
    expect(page.get_by_text(ada, exact=True)).to_have_count(0)
    page.go_back()
    page.reload()
    expect(page.get_by_text(ada, exact=True)).to_have_count(0)


def test_by_keyboard_the_form_is_at_hand(open_page, ada):
    page = open_page("/sign-in")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("nobody")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()


@pytest.mark.parametrize(("locale", "scheme"), LOOKS)
def test_axe_finds_nothing_on_the_form(open_page, locale, scheme):
    page = open_page("/sign-in?next=/users/5", locale=locale, color_scheme=scheme, bypass_csp=True)
    found = Axe().run(page, options=OPTIONS)
    assert found.response["passes"], "axe looked at nothing"
    assert found.violations_count == 0, found.generate_report()


def test_axe_finds_nothing_on_the_page_of_somebody_signed_in_and_on_a_refusal(open_page, ada):
    page = open_page("/sign-in", bypass_csp=True)
    fill_in(page, ada, "not the password")
    for _ in range(2):
        found = Axe().run(page, options=OPTIONS)
        assert found.violations_count == 0, found.generate_report()
        if page.get_by_label("Password").count():
            fill_in(page, ada, PASSWORD)
            expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@pytest.mark.parametrize("locale", ["en-GB", "ja-JP"])
def test_on_a_phone_the_form_does_not_scroll_sideways(open_page, locale):
    page = open_page("/sign-in", locale=locale, viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
