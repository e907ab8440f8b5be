"""The switch of language: a cookie, and back to the same address of this host and no other."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.web.site import SLOW, Page, Viewer


def switch(viewer: Viewer, path: str, query: str = "lang=ja") -> Page:
    """Ask for a path as it stands, which the test client would mend."""
    return Page(viewer.client.get("/", environ_overrides={"PATH_INFO": path, "QUERY_STRING": query}))


def as_a_browser(location: str) -> str:
    """An address as a browser reads it: without tabs and line ends, a backslash being a slash."""
    return "".join(char for char in location if char not in "\t\r\n").replace("\\", "/")


@pytest.mark.parametrize(
    ("asked", "back"),
    [
        ("/?lang=ja", "/"),
        ("/?area=a1&lang=ja&sort=-energy", "/?area=a1&sort=-energy"),
        ("/?lang=ja&area=a%26b%2B%E6%9D%B1+x", "/?area=a%26b%2B%E6%9D%B1+x"),
        ("/users/5?start_date=2026-03-01&lang=ja", "/users/5?start_date=2026-03-01"),
        ("/users/5?lang=ja&lang=en", "/users/5"),
        ("/nothing?lang=ja", "/nothing"),
    ],
)
def test_it_leads_back_without_the_language(bare, asked, back):
    page = bare.follow(asked)
    assert (page.status, page.headers["Location"]) == (302, back)
    (cookie,) = page.headers.get_all("Set-Cookie")
    assert cookie.startswith("lang=ja;") and "Path=/" in cookie


def test_the_choice_is_kept_and_wins_over_the_browser(small, viewer):
    viewer.follow("/?lang=ja")
    for path in ("/", "/users/5", "/users/8", "/?area=b"):
        assert viewer.ask(path, Accept_Language="en").html.one("html").attributes["lang"] == "ja"
    viewer.follow("/?lang=en")
    assert viewer.ask("/", Accept_Language="ja").html.one("html").attributes["lang"] == "en"


@pytest.mark.parametrize("cookie", ["de", "../../etc", "", "<b>", "ja_JP", "\x00"])
def test_a_cookie_with_another_language_counts_for_nothing(bare, cookie):
    bare.client.set_cookie("lang", cookie)
    assert bare.ask("/", Accept_Language="ja").html.one("html").attributes["lang"] == "ja"
    assert bare.get().html.one("html").attributes["lang"] == "en"


@settings(SLOW, max_examples=150)
@given(
    path=st.lists(
        st.sampled_from(
            [
                "/",
                "\\",
                "\t",
                "\n",
                "\r",
                " ",
                ".",
                "%",
                "%2f",
                "?",
                "#",
                "@",
                "evil.example",
                "https:",
                "é",
                "\x00",
            ]
        ),
        max_size=6,
    ).map(lambda parts: "/" + "".join(parts))
)
@example(path="//evil.example")
@example(path="//evil.example/%2f..")
@example(path="///evil.example")
@example(path="/\\evil.example")
@example(path="/\t/evil.example")
@example(path="/\n/evil.example")
@example(path="/\r\n/evil.example")
@example(path="/ /evil.example")
@example(path="/\t\\evil.example")
def test_it_never_leads_to_another_host(bare, path):
    page = switch(bare, path.encode().decode("latin-1"))
    assert page.status == 302
    location = as_a_browser(page.headers["Location"])
    assert location.startswith("/") and not location.startswith("//"), page.headers["Location"]
    parts = urlsplit(page.headers["Location"])
    assert (parts.scheme, parts.netloc) == ("", "")


@pytest.mark.parametrize(
    "path", ["/users/a b", "/users/é", "/users/100%", "/users/%41", "/users/a?b", "/users/a#b", "/users/a+b"]
)
def test_it_leads_back_to_the_very_same_path(bare, path):
    location = switch(bare, path.encode().decode("latin-1")).headers["Location"]
    assert unquote(urlsplit(location).path) == path


@pytest.mark.parametrize("query", ["l%61ng=ja", "lang=ja&%6Cang=en", "lang=j%61", "a=1&l%61ng=ja&b=2"])
def test_it_comes_to_an_end_however_the_parameter_is_written(bare, query):
    page = bare.follow(f"/healthz?{query}")
    assert page.status == 302
    assert bare.follow(page.headers["Location"]).status == 200, page.headers["Location"]
