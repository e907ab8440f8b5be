"""Pages keep to the Content-Security-Policy, and can be read by those who do not see them."""

import re
from collections.abc import Iterator

import pytest

from tests.web.policy import keeps_to_the_policy, other_hosts
from tests.web.site import Page, Viewer
from tests.web.tree import parse

PATHS = [
    "/",
    "/?split=area&measure=total",
    "/?split=tariff",
    "/?q=99",
    "/?start_date=2030-01-01",
    "/?area=b",
    "/users/5",
    "/users/7",
    "/users/8",
    "/nothing",
]


def pages(viewer: Viewer) -> Iterator[Page]:
    """Each kind of page there is, errors too."""
    for path in PATHS:
        print("page", path)  # shown when it fails
        yield viewer.follow(path)


def test_nothing_is_inline_and_no_other_host_is_named(small, viewer):
    for page in pages(viewer):
        keeps_to_the_policy(page)
        assert other_hosts(page.text) == set()


def test_pages_without_import_or_database_keep_to_it(world):
    for url in ("", "postgresql://127.0.0.1:1/none"):
        if url:
            world.set(DATABASE_URL=url)
        page = Viewer().get()
        keeps_to_the_policy(page)
        assert other_hosts(page.text) == set()


def test_ids_are_unique_and_what_refers_to_one_finds_it(small, viewer):
    for page in pages(viewer):
        ids = [node.attributes["id"] for node in page.html.all() if "id" in node.attributes]
        assert len(ids) == len(set(ids))
        links = [link.attributes["href"] or "" for link in page.html.all("a")]
        assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
        assert set(re.findall(r"url\(#([^)]+)\)", page.text)) <= set(ids)


def test_charts_and_fields_have_names_for_the_blind(small, viewer):
    for page in pages(viewer):
        for svg in page.html.all("svg"):
            assert (svg.attributes["role"], bool(svg.attributes["aria-label"])) == ("group", True)
        for image in page.html.all("img"):
            assert "alt" in image.attributes
        for form in page.html.all("form"):
            labelled = [field for label in form.all("label") for field in label.all("input", "select")]
            fields = [one for one in form.all("input", "select") if one.attributes.get("type") != "hidden"]
            assert len(labelled) == len(fields)
        assert len(page.html.all("h1")) == 1
        assert page.html.one("html").attributes["lang"] == "en"


def test_the_numbers_of_every_chart_stand_once_as_a_table(small, viewer):
    for page in pages(viewer):
        figures = page.html.all("figure")
        assert len(page.html.all("svg")) == len(figures)
        tables = [bool(figure.all("table")) for figure in figures]
        # Of a user the lines and the days have one; of the summary the heatmap.
        assert tables == {0: [], 2: [True, False], 3: [False, True, True]}[len(figures)]
        for figure in (figure for figure in figures if figure.all("table")):
            assert figure.one("caption").text == figure.one("figcaption").text
            assert len(figure.one("tbody").all("tr")) > 0


def test_each_language_is_a_link_that_keeps_the_address(small, viewer):
    page = viewer.get("/", area="a1", sort="-energy")
    links = page.html.one("nav", class_="languages").all("a")
    assert [link.attributes["href"] for link in links] == [
        f"?area=a1&sort=-energy&lang={language}" for language in ("en", "ja")
    ]


def test_static_files_name_no_other_host(bare):
    for file in ("style.css", "viewer.js", "icon.svg"):
        text = bare.follow(f"/static/{file}").text
        assert other_hosts(text) == set(), file
        assert "eval(" not in text and "innerHTML" not in text


PAGE = "<html><head></head><body>{}</body></html>"


@pytest.mark.parametrize(
    "broken", ["<p><b></p></b>", "<p>", '<p class="a" class="b"></p>', "<table><tr></tr></table>"]
)
def test_markup_that_a_browser_would_mend_is_refused(broken):
    assert parse(PAGE.format("<p><b></b></p><svg><g/></svg>")).one("p").all("b")
    with pytest.raises(AssertionError):
        parse(PAGE.format(broken))
