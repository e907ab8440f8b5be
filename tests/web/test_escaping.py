"""Names of areas and tariffs are text, whatever they hold: in pages, charts, addresses and cursors."""

import csv
from io import StringIO
from urllib.parse import parse_qs

import pytest

from tests.web.policy import keeps_to_the_policy
from tests.web.site import Page, Viewer
from tests.world import DAY, World
from web.data import user_table

AREAS = [
    "<b>&\"'",
    "<script>alert(1)</script>",
    "</title></svg></script>",
    "a~b~1",
    "100 % & %(area)s {{7*7}} ${x}",
    "a+b=c&d#e?f/g",
    "東京 エリア",
    "x, y",
    "datum.value",
    "😀é",
]
TARIFF = "<i onclick=alert(1)>'\"&amp;</i>"


@pytest.fixture
def named(world: World) -> World:
    """One user in each of the areas, all with the same odd tariff."""
    world.put("area.csv", rows(["name"], *([area] for area in AREAS)))
    world.put("tariff.csv", rows(["name"], [TARIFF]))
    world.put(
        "user_data.csv",
        rows(["id", "area", "tariff"], *([n, area, TARIFF] for n, area in enumerate(AREAS, 1))),
    )
    for user in range(1, len(AREAS) + 1):
        world.put_readings(user, f"2026-03-02 00:00,{user}00", f"2026-03-03 05:00,{user}")
    assert world.run("--date", DAY).code == 0
    return world


def rows(*given: list) -> str:
    """CSV with quotes where they are needed."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(given)
    return text.getvalue()


def has_only_our_markup(page: Page) -> None:
    """No element of a name's making."""
    keeps_to_the_policy(page)
    assert page.html.all("b", "i") == []
    assert len(page.html.all("script")) == len(page.html.all("title")) == 1


def selected(page: Page) -> list[str]:
    """The values chosen in the filters."""
    return [
        option.attributes["value"] for option in page.html.all("option") if "selected" in option.attributes
    ]


@pytest.mark.parametrize("split", ["area", "tariff"])
def test_names_are_shown_as_they_are_in_tables_and_charts(named, viewer, split):
    page = viewer.get("/", split=split)
    has_only_our_markup(page)
    options = [option.attributes["value"] for option in page.html.all("option")]
    assert set(AREAS) | {TARIFF} < set(options)
    assert [row[1] for row in page.users] == AREAS
    assert {row[2] for row in page.users} == {" ".join(TARIFF.split())}
    parts = AREAS if split == "area" else [TARIFF]
    assert {head for head, _ in page.tables[0].cells} == {
        f"{part} {day}" for part in parts for day in ("Mon", "Tue")
    }
    for part in parts:
        assert any(mark.startswith(f"Mon 00:00, {part}: ") for mark in page.marks), part
    drawn = {node.text for svg in page.html.all("svg") for node in svg.all("text")}
    for part in parts:
        # A long one is cut in the legend.
        assert any(text == part or (text.endswith("…") and part.startswith(text[:-1])) for text in drawn), (
            part
        )


def test_every_name_can_be_chosen_and_stays_chosen(named, viewer):
    for user, area in enumerate(AREAS, 1):
        page = viewer.get("/", area=area, tariff=TARIFF, split="area")
        has_only_our_markup(page)
        assert (page.ids, selected(page)) == ([user], [area, TARIFF])
        heading = page.html.one("table", class_="users").all("a")[1].attributes["href"]
        assert parse_qs(heading.partition("#")[0][1:])["area"] == [area]
        (total,) = [link for link in page.html.all("a") if link.text == "total"]
        assert parse_qs(total.attributes["href"][1:])["area"] == [area]
        if user <= 3:
            followed = viewer.follow(total.attributes["href"])
            assert (followed.ids, selected(followed)) == ([user], [area, TARIFF])


@pytest.mark.parametrize("sort", ["area", "-area", "tariff", "-energy"])
def test_pages_of_the_table_can_be_turned_whatever_the_names(named, viewer, monkeypatch, sort):
    monkeypatch.setattr(user_table, "ROWS", 3)
    pages = [viewer.get("/", sort=sort)]
    while link := pages[-1].link("next"):
        pages.append(viewer.follow(link))
    ids = [user for page in pages for user in page.ids]
    order = {"area": lambda n: (AREAS[n - 1].encode(), n), "tariff": None, "energy": None}[sort.lstrip("-")]
    assert ids == sorted(range(1, len(AREAS) + 1), key=order, reverse=sort.startswith("-"))
    assert viewer.follow(pages[-1].link("prev")).ids == pages[-2].ids


@pytest.mark.parametrize(("language", "count"), [("en", len(AREAS)), ("ja", 3)])
def test_the_page_of_a_user_shows_them_too(named, language, count):
    viewer = Viewer()
    for user, area in enumerate(AREAS[:count], 1):
        page = viewer.ask(f"/users/{user}", Accept_Language=language)
        has_only_our_markup(page)
        assert [group[0] for group in list(page.headline.values())[:2]] == [area, TARIFF]
        assert page.html.one("span", class_="what").text == f"{area} · {TARIFF}"
        heads = [row[0] for row in page.tables[0].rows]
        assert sum(f"{area}" in head and TARIFF in head for head in heads) == 7


def test_the_page_that_lists_the_names_there_are_escapes_them(named, viewer):
    page = viewer.get("/", area="<b>nowhere</b>")
    assert page.status == 400
    has_only_our_markup(page)
    assert page.html.one("code").text == "area=<b>nowhere</b>"
    assert "<script>alert(1)</script>" in page.main


def test_a_name_with_wide_spaces_around_it_can_be_chosen_like_any_other(world, viewer):
    """The batch strips plain spaces only; these belong to the name."""
    names = ["\u3000北\u3000", "\u00a0b"]
    world.put("area.csv", rows(["name"], *([name] for name in names)))
    assert world.run("--date", DAY).code == 0
    assert sorted(name for (name,) in world.rows("SELECT name FROM area")) == sorted(names)
    assert [viewer.get("/", area=name).status for name in names] == [200, 200]
