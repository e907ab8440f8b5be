"""Languages, the order of the week in each, and days on which clocks change."""

import pytest
from babel import Locale

from tests.web.site import Viewer
from tests.world import DAY


@pytest.mark.parametrize("locale", [Locale("en", "US"), Locale("ja", "JP")])
def test_the_week_begins_as_the_locale_says_and_has_its_names(small, viewer, locale):
    language = locale.language
    week = [(locale.first_week_day + n) % 7 for n in range(7)]
    assert week[0] == 6, "Sunday"
    page = viewer.ask("/", Accept_Language=f"de, {language};q=0.5")
    assert page.html.one("html").attributes["lang"] == language
    names = locale.days["format"]["abbreviated"]
    assert [row[0] for row in page.tables[0].rows] == [names[day] for day in week]


def test_german_is_not_offered_and_english_answers(small, viewer):
    page = viewer.ask("/", Accept_Language="de-DE,de")
    assert page.html.one("html").attributes["lang"] == "en"
    languages = page.html.one("nav", class_="languages").all("a")
    assert [link.attributes["lang"] for link in languages] == ["en", "ja"]


def test_the_hour_that_occurs_twice_is_one_cell_and_the_missing_one_none(world):
    world.set(TZ="Europe/Berlin")
    world.start("5,a1,t1")
    back = [f"2025-10-26T{hour:02}:{minute}Z,1" for hour in range(3) for minute in ("00", "30")]
    forth = [f"2026-03-29T{hour:02}:{minute}Z,1" for hour in range(3) for minute in ("00", "30")]
    world.put_readings(5, *back, *forth)
    assert world.run("--date", DAY).code == 0
    viewer = Viewer()
    autumn = viewer.get("/", end_date="2025-10-26", measure="total").tables[0].cells
    assert autumn == {("Sun", "02:00"): "4.0", ("Sun", "03:00"): "2.0"}
    assert viewer.get("/", end_date="2025-10-26").headline["Readings"][0] == "6"
    spring = viewer.get("/", start_date="2026-03-29", end_date="2026-03-29").tables[0].cells
    assert list(spring) == [("Sun", "01:00"), ("Sun", "03:00"), ("Sun", "04:00")]


def test_what_charts_say_to_those_who_do_not_see_them_is_in_their_language(small, viewer):
    """Vega describes axes and legends in English by itself."""
    page = viewer.ask("/", Accept_Language="ja")
    assert [mark for mark in page.marks if "axis" in mark or "legend" in mark] == []
    assert {mark[0] for mark in page.marks} == {"月", "水"}
