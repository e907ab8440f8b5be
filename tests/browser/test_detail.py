"""The page of a user: reached by a click, its history, its gaps; and pages for what does not exist."""

import re

from playwright.sync_api import expect

from tests.browser import reading
from tests.browser.viewer import DEPARTED, GAPPY, MOVED

PROFILE, BESIDE, DAILY = 0, 1, 2


def test_a_click_on_an_id_opens_the_detail_page_and_leads_back(open_page, viewer):
    page = open_page(f"/?q={GAPPY}")
    page.locator("table.users").get_by_role("link", name=str(GAPPY), exact=True).click()
    expect(page).to_have_url(viewer.user(GAPPY))
    expect(page.locator("h1")).to_contain_text(str(GAPPY))
    assert reading.figures(page)[:2] == ["Kansai", "standard"]
    assert reading.figures(page)[4:6] == ["79.8%", "30 minutes"]  # 268 of 336 half-hours
    page.locator("main a[href$='#users']").click()
    expect(page.locator("#users")).to_be_in_viewport()


def test_contracts_are_a_timeline(open_page, viewer):
    page = open_page(viewer.user(MOVED))
    shown = page.locator(".timeline li").all_inner_texts()
    tariffs = [re.search("business|night|standard", text)[0] for text in shown]
    assert sorted(tariffs) == ["business", "night", "standard"]
    assert ["Jun 4, 2025" in text or "4 Jun 2025" in text for text in shown].count(True) == 2
    expect(page.locator(".timeline li.open")).to_have_count(1)


def test_a_departed_user_is_shown_as_such(open_page, viewer):
    page = open_page(viewer.user(DEPARTED))
    expect(page.locator(".headline .badge")).to_have_text("departed")
    expect(page.locator(".timeline li.open")).to_have_count(0)


def test_a_missing_day_interrupts_the_line_and_is_never_zero(open_page, viewer):
    page = open_page(viewer.user(GAPPY))
    daily = page.locator("figure.chart").nth(DAILY)
    path = daily.locator(".mark-line path").first.get_attribute("d")
    assert path.count("M") == 2
    points = reading.labels(page, DAILY)
    assert len(points) == 6
    assert not any("Jun 4" in label or "4 Jun" in label for label in points)
    daily.locator("summary").click()
    row = daily.locator("tbody tr").nth(2).locator("th, td")
    assert row.all_inner_texts()[1:] == ["", "0 / 48"]


def test_a_missing_weekday_keeps_its_row_and_interrupts_the_line(open_page, viewer):
    page = open_page(viewer.user(GAPPY))
    days = page.locator("figure.chart").nth(PROFILE).locator("svg").get_by_text(re.compile("^(Wed|Thu)$"))
    expect(days).to_have_count(2)
    own = page.locator("figure.chart").nth(BESIDE).locator(".mark-line path").first
    assert own.get_attribute("d").count("M") == 3, "the line runs through hours without readings"


def test_a_period_narrows_the_page_and_the_download(open_page, viewer):
    page = open_page(viewer.user(GAPPY))
    page.locator("input[name=start_date]").fill("2025-06-05")
    reading.submit(page)
    expect(page).to_have_url(re.compile(r"start_date=2025-06-05"))
    assert reading.figures(page)[4] == "89.6%"  # 172 of 192 half-hours
    with page.expect_download() as started:
        page.locator("a[download]").click()
    text = started.value.path().read_text()
    assert len(text.splitlines()) == 1 + 172
    assert text.splitlines()[1].startswith("2025-06-05 00:00:00+09:00,")


def test_an_unknown_user_gets_a_page_that_helps(open_page):
    page = open_page("/")
    for user in ("nobody", "0", "999999"):
        assert page.goto(f"/users/{user}").status == 404
        expect(page.locator("main")).to_contain_text(user)
    page.locator("main a[href='/']").click()
    expect(page.locator("table.users")).to_be_visible()


def test_a_wrong_parameter_gets_a_page_that_names_it(open_page):
    page = open_page("/")
    for address, name in (
        ("/?area=Nowhere", "area"),
        ("/?start_date=2025-13-01", "start_date"),
        (f"/users/{GAPPY}?end_date=soon", "end_date"),
        ("/?q=%3Cimg+src=x+onerror=alert(1)%3E", "q"),
    ):
        assert page.goto(address).status == 400
        expect(page.locator("main code")).to_contain_text(f"{name}=")
        expect(page.locator("main img")).to_have_count(0)
    page.locator("main a[href='/']").click()
    expect(page.locator("table.users")).to_be_visible()
