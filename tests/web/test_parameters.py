"""Parameters: a bad one is a page that names it and its value, whatever it holds; never an error of ours."""

from itertools import product
from urllib.parse import quote_plus

import pytest

from tests.web.site import Page

INJECTIONS = [
    "'",
    "a1' OR '1'='1",
    "1; DROP TABLE reading; --",
    "%",
    "%(area)s",
    ":area",
    "$1",
    "\\",
    "{{7*7}}",
]
MARKUP = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "&lt;b&gt;",
    "</title>",
    "javascript:alert(1)",
]
BAD = {
    "start_date": [
        "yesterday",
        "2026-02-30",
        "2026-4-1",
        "04-01-2026",
        "2026-04-01T00:00",
        "20260401",
        "2026-W15-3",
    ],
    "end_date": ["0000-00-00", "2026-13-01", "infinity", "-infinity", "now", "２０２６-04-01"],
    "area": ["b", "A1", "a1,a2", "null", "a1\0", *MARKUP, *INJECTIONS],
    "tariff": ["t9", "a1", *MARKUP],
    "measure": ["median", "MEAN", "1"],
    "split": ["user", "area,tariff", "none"],
    "q": ["0", "012", "0012", "abc", "1%", "-1", "1.0", "1e3", "٥", "9" * 20, "1" * 5000, *INJECTIONS],
    "status": ["gone", "Active"],
    "sort": ["name", "--id", "user_id", "energy_wh DESC", "id; DROP TABLE reading"],
    "after": ["1", "~", "~~", "~1~0", "~1~x", "~x~1", "~1~" + "9" * 30, "~5~6", "a1~5~5", *MARKUP],
    "before": ["1", "5~5", "~-1~5"],
    "page": ["2", "first", "-1"],
    "lang": ["de", "EN", "", "<b>"],
}


def refused(page: Page, name: str, value: str) -> None:
    """It is the 400 page that names the parameter and its value."""
    assert page.status == 400, value
    # A browser leaves a NUL out.
    shown = f"{name}={value}".replace("\x00", "")
    assert page.html.one("main").one("code").text == " ".join(shown.split())
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script>alert" not in page.text


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_named(small, viewer, name):
    for value in BAD[name]:
        page = viewer.get("/", **{name: value})
        refused(page, name, value)
        assert len(page.html.one("main").all("p")[1].text) > 5, "it says what to write instead"


def test_a_bad_value_is_named_on_the_other_pages_too(small, viewer):
    for path, name in product(("/users/5", "/users/5/readings.csv"), ("start_date", "end_date")):
        for value in BAD[name]:
            refused(viewer.get(path, **{name: value}), name, value)
        refused(viewer.get(path, area="a1"), "area", "a1")


def test_an_end_before_the_start_is_named(small, viewer):
    for path in ("/", "/users/5", "/users/5/readings.csv"):
        page = viewer.get(path, start_date="2026-03-02", end_date="2026-03-01")
        refused(page, "end_date", "2026-03-01")
        assert "before start_date" in page.main


def test_a_misspelt_parameter_is_no_answer(small, viewer):
    misspelt = [("aera", "a1"), ("start-date", ""), ("<b>", "<i>"), ("_anchor", ""), ("", "x")]
    for path, (name, value) in product(("/", "/users/5"), misspelt):
        refused(viewer.get(path, **{name: value}), name, value)


def test_a_parameter_given_twice_is_refused(small, viewer):
    for first, second in (("a1", "a2"), ("a1", "a1"), ("", "a1"), ("a1", "")):
        page = viewer.follow(f"/?area={first}&area={second}")
        assert page.status == 400
        assert page.html.one("main").one("code").text == f"area={first}, {second}".strip()


def test_before_the_first_import_bad_parameters_are_named_too(world, viewer):
    assert viewer.get("/").status == 200
    for name, values in BAD.items():
        for value in values:
            refused(viewer.get("/", **{name: value}), name, value)
    for name in ("area", "tariff"):
        page = viewer.get("/", **{name: "a1"})
        refused(page, name, "a1")
        assert "there is none yet" in page.main
    refused(viewer.get("/", aera="a1"), "aera", "a1")
    assert viewer.get("/", sort="-energy", measure="total", q="5").status == 200


CURSORS = {
    "energy": ["1e999999", "-1e999999", "1e-99999", "１", "Infinity", "NaN", "sNaN", "0x1", " "],
    "last_reading": [
        "2026-04-01",
        "2026-04-01 00:00",
        "2026-W01-1T00:00+00:00",
        "2026-04-01 00:00+23:59:59.999999",
        "2026-04-01T00:00:00,5+00",
        "2026-04-01x00:00+00",
        "infinity",
        "now",
    ],
    "id": ["x", "0", "-1", "9" * 19, "1.0", "１"],
    "area": ["x", "", "a1"],
}
# Names label a row where they are sorted by, and there its value is its id.
LABELS = {
    "id": (["~5~5"], ["a1~5~5", "~5~6", "~6~5", "~05~5", "~5~05"]),
    "area": (["a1~5~5", "a~1~5~5"], ["~5~5", "a1~5~6", "a1~05~5"]),
    "tariff": (["t1~5~5"], ["~5~5", "t1~6~5"]),
    "status": (["active~5~5"], ["~5~5", "active~6~5"]),
    "energy": (["~1301~5", "~5~5"], ["a1~1301~5", "1301~5"]),
    "last_reading": (["~2026-03-04 14:59:00+00~5", "~-infinity~7"], ["a1~2026-03-04 14:59:00+00~5"]),
}


@pytest.mark.parametrize("name", ["after", "before"])
@pytest.mark.parametrize("sort", CURSORS)
def test_a_tampered_link_to_a_page_is_refused(small, viewer, sort, name):
    answers = {
        value: viewer.get("/", **{"sort": sort, name: f"~{value}~5"}).status for value in CURSORS[sort]
    }
    assert answers == dict.fromkeys(CURSORS[sort], 400)


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("sort", LABELS)
def test_a_place_has_label_and_value_as_its_order_has(small, viewer, sort, sign):
    for name, (good, bad) in product(("after", "before"), [LABELS[sort]]):
        for place in good:
            assert viewer.get("/", sort=sign + sort, **{name: place}).status == 200, place
        for place in bad:
            refused(viewer.get("/", sort=sign + sort, **{name: place}), name, place)


@pytest.mark.parametrize("names", [("after", "before"), ("after", "page"), ("before", "page")])
def test_more_than_one_place_at_once_is_refused(small, viewer, names):
    places = {"id": "~5~5", "energy": "~1301~5", "last_reading": "~2026-03-04 14:59:00+00~5"}
    for sort, place in places.items():
        given = {name: "last" if name == "page" else place for name in names}
        page = viewer.get("/", sort=sort, **given)
        refused(page, names[0], place)
        assert "give one of after, before and page" in page.main
        for name in names:
            assert viewer.get("/", sort=sort, **{name: given[name]}).status == 200


@pytest.mark.parametrize("name", ["start_date", "end_date"])
def test_any_date_there_can_be_is_answered(small, viewer, name):
    for day, path in product(
        ("0001-01-01", "1900-01-01", "9999-12-31"), ("/", "/users/5", "/users/5/readings.csv")
    ):
        assert viewer.get(path, **{name: day}).status == 200, f"{path} {day}"


def test_spaces_around_a_value_and_empty_values_do_no_harm(small, viewer):
    assert viewer.follow(f"/?area={quote_plus(' a2 ')}&tariff=&q=&sort=").ids == [7]
