"""Figures are cached once for all, and yet a page shows everybody their own name and nobody another's."""

import gzip

import brotli
import pandas as pd
import pytest
from markupsafe import Markup

from tests.web.people import Person, add
from tests.web.site import Viewer
from tests.world import DAY
from web.charts import vega

PAGES = ["/", "/users/5", "/?split=area&measure=total"]


@pytest.fixture
def people(small) -> tuple[Viewer, Person, Person, Person]:
    """Ada the admin, Vera the viewer, and somebody."""
    viewer = Viewer()
    add(viewer, "ada", "admin")
    add(viewer, "vera", "viewer")
    ada, vera, somebody = Person(viewer), Person(viewer), Person(viewer)
    ada.sign_in("ada")
    vera.sign_in("vera")
    return viewer, ada, vera, somebody


def header(person: Person, path: str) -> str:
    return person.get(path).html.one("header").text


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("first", [0, 1, 2])
def test_nobody_sees_anothers_header_whoever_was_first(people, path, first):
    viewer, *persons = people
    viewer.forget()
    persons[first].get(path)
    ada, vera, somebody = (header(person, path) for person in persons)
    assert ("ada" in ada, "vera" in ada, "Sign out" in ada, "Sign in" in ada) == (True, False, True, False)
    assert ("vera" in vera, "ada" in vera, "Sign out" in vera) == (True, False, True)
    assert ("ada" in somebody, "vera" in somebody, "Sign in" in somebody) == (False, False, True)
    assert "Data collection history" not in vera + somebody
    assert "Data collection history" in ada


@pytest.fixture
def drawn(monkeypatch) -> list[str]:
    """The titles of the charts that are drawn from now on."""
    titles: list[str] = []
    draw = vega._draw

    def spy(spec: dict, rows: pd.DataFrame, title: str) -> Markup:
        titles.append(title)
        return draw(spec, rows, title)

    monkeypatch.setattr(vega, "_draw", spy)
    return titles


@pytest.mark.parametrize("path", [*PAGES, "/sales", "/energy"])
def test_the_page_below_the_header_is_the_same_for_all_and_made_once(people, asked, drawn, path):
    viewer, ada, vera, somebody = people
    viewer.forget()
    mains = {ada.get(path).main}
    assert drawn or path in ("/sales", "/energy")
    made = list(asked)
    drawn.clear()
    mains |= {vera.get(path).main, somebody.get(path).main}
    assert len(mains) == 1
    assert set(asked[len(made) :]) == {"sign_in/account_of_session"}
    assert drawn == []


def test_a_run_that_changes_figures_is_seen_by_a_reader_who_has_signed_in(people, small):
    _, ada, _, _ = people
    tag = ada.get("/").headers["ETag"]
    small.put_readings(5, "2026-03-20 10:00,2000")
    assert small.run("--date", DAY).code == 0
    page = ada.get("/", If_None_Match=tag)
    assert (page.status, page.headline["Energy"][0]) == (200, "3.7 kWh")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_not_sent_again_to_the_same_reader_but_to_another(people, path):
    _, ada, vera, somebody = people
    tags = {}
    for person in (ada, vera, somebody):
        page = person.get(path)
        tags[page.headers["ETag"]] = person
        assert page.headers["Cache-Control"] == "private, no-cache"
        assert "Cookie" in page.headers["Vary"]
        assert page.headers.get_all("Set-Cookie") == []
    assert len(tags) == 3
    for tag, owner in tags.items():
        for person in (ada, vera, somebody):
            assert person.get(path, If_None_Match=tag).status == (304 if person is owner else 200)


def test_after_signing_out_the_page_is_another(people):
    _, _, vera, _ = people
    tag = vera.get("/").headers["ETag"]
    vera.sign_out("/")
    page = vera.get("/", If_None_Match=tag)
    assert (page.status, "vera" in page.text) == (200, False)


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_ones_own_page_is_compressed_too(people, encoding):
    expand = {"br": brotli.decompress, "gzip": gzip.decompress}[encoding]
    _, ada, _, _ = people
    page = ada.get("/", Accept_Encoding=encoding)
    assert page.headers["Content-Encoding"] == encoding
    text = expand(page.response.data).decode()
    assert text.count("<header ") == text.count("</header>") == 1
    assert "ada" in text and text.rstrip().endswith("</html>")


def test_error_pages_show_the_name_and_are_not_kept(people):
    _, ada, vera, _ = people
    for path in ("/users/8", "/nothing", "/?area=b", "/?lang=xx"):
        page = vera.get(path)
        assert "vera" in page.html.one("header").text
        assert page.headers["Cache-Control"] == "no-store"
        assert "vera" not in ada.get(path).text


def test_a_download_stays_private(people):
    _, ada, _, _ = people
    page = ada.get("/users/5/readings.csv")
    assert page.headers["Cache-Control"] == "private, no-cache"
    assert "Cookie" in page.headers["Vary"]


def test_a_visitor_with_a_form_open_costs_no_query_and_gets_no_cookies(people, asked):
    _, _, _, somebody = people
    somebody.get("/sign-in")
    somebody.get("/users/5")
    asked.clear()
    page = somebody.get("/users/5")
    assert page.headers.get_all("Set-Cookie") == []
    assert "web/account_by_id" not in asked
