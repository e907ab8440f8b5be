"""English and Japanese: by the browser's language, by the switch, and back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import reading
from tests.browser.viewer import GAPPY, MOVED

WEEK = set("月火水木金土日")
ENGLISH_WEEK = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
# All that is written for readers, rather than data.
TEXTS = "h1, h2, .headline dt, button, summary, figcaption, table.users thead a, nav.pages a, .hint, footer"


def weekdays(page: Page) -> set[str]:
    """The weekdays that the first chart names."""
    return {label.split(" ")[0] for label in reading.labels(page)}


def in_english(page: Page) -> list[str]:
    """Texts without a Japanese letter."""
    return [text for text in page.locator(TEXTS).all_inner_texts() if not reading.JAPANESE.search(text)]


@pytest.mark.parametrize("address", ["/?area=Tokyo", f"/users/{MOVED}?start_date=2025-06-03"])
def test_the_switch_changes_texts_and_names_and_keeps_the_page(open_page, address):
    page = open_page(address)
    assert weekdays(page) <= ENGLISH_WEEK
    page.locator(".languages").get_by_role("link", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(page).to_have_url(re.compile(re.escape(address) + "$"))
    assert weekdays(page) <= WEEK
    assert in_english(page) == []
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    page.locator(".languages").get_by_role("link", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert weekdays(page) <= ENGLISH_WEEK
    assert not any(reading.JAPANESE.search(text) for text in page.locator(TEXTS).all_inner_texts())


@pytest.mark.parametrize("address", ["/", "/?split=area&measure=total", f"/users/{GAPPY}"])
def test_a_japanese_browser_gets_japanese_at_once(open_page, address):
    page = open_page(address, locale="ja-JP")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    assert weekdays(page) <= WEEK
    assert in_english(page) == []
    assert reading.JAPANESE.search(page.title())


def test_the_choice_counts_more_than_the_browser(open_page):
    page = open_page("/?lang=en", locale="ja-JP")
    expect(page).to_have_url(re.compile("/$"))
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_error_pages_are_in_japanese_too(open_page):
    page = open_page("/", locale="ja-JP")
    for address in ("/users/999999", "/?area=Nowhere"):
        page.goto(address)
        assert in_english(page) == []
        assert reading.JAPANESE.search(page.locator("main p:not(:has(code))").first.inner_text())


def test_both_languages_show_the_same_figures(open_page):
    english, japanese = open_page("/"), open_page("/", locale="ja-JP")
    assert reading.figures(japanese)[:3] == reading.figures(english)[:3]
    numbers = [
        sorted(label.split(" ", 1)[1] for label in reading.labels(page)) for page in (english, japanese)
    ]
    assert numbers[0] == numbers[1]
