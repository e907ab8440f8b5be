"""Headers, conditional requests and compression."""

import pytest

from tests.web.site import Page

PAGES = ["/", "/users/5", "/?split=area&measure=total"]
HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@pytest.mark.parametrize("path", PAGES)
def test_an_unchanged_page_is_not_sent_again(small, viewer, path):
    page = viewer.follow(path)
    assert (page.headers["Cache-Control"], bool(page.headers["ETag"])) == ("private, no-cache", True)
    for given in (page.headers["ETag"], f'"other", {page.headers["ETag"]}', "*"):
        again = viewer.ask(path, If_None_Match=given)
        assert (again.status, again.response.data) == (304, b"")
        for name in ("ETag", "Vary", "Cache-Control"):
            assert again.headers[name] == page.headers[name]
    assert viewer.ask(path, If_None_Match='"other"').text == page.text


def test_a_tag_that_a_proxy_made_weak_still_counts(small, viewer):
    """RFC 9110, 13.1.2: If-None-Match compares weakly; nginx weakens tags when it compresses."""
    tag = viewer.get().headers["ETag"]
    assert viewer.ask("/", If_None_Match=f"W/{tag}").status == 304


def test_a_changed_page_is_sent_with_another_tag(small, viewer):
    tag = viewer.get().headers["ETag"]
    small.put_readings(5, "2026-03-20 10:00,2000")
    assert small.run("--date", "2026-04-01").code == 0
    page = viewer.ask("/", If_None_Match=tag)
    assert (page.status, page.headers["ETag"] != tag) == (200, True)


@pytest.mark.parametrize("path", [*PAGES, "/users/5/readings.csv"])
def test_compressed_bodies_are_the_same_page(small, viewer, path):
    small.put_readings(5, *(f"2026-03-{day:02} 03:00,{day}" for day in range(1, 29)))
    assert small.run("--date", "2026-04-01").code == 0
    plain = viewer.ask(path, Accept_Encoding="identity")
    assert "Content-Encoding" not in plain.headers
    tags = {plain.headers.get("ETag")}
    for accepted, encoding in (
        ("br", "br"),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, br;q=0", "gzip"),
    ):
        page = viewer.ask(path, Accept_Encoding=accepted)
        assert page.headers["Content-Encoding"] == encoding
        assert page.body == plain.response.data
        assert len(page.response.data) == int(page.headers["Content-Length"]) < len(plain.response.data)
        assert "Accept-Encoding" in page.headers["Vary"]
        tags.add(page.headers.get("ETag"))
    if path in PAGES:
        assert len(tags) == 3, "each encoding is another representation"


def test_a_client_that_takes_no_encoding_gets_none(small, viewer):
    page = viewer.get()
    assert "Content-Encoding" not in page.headers
    assert page.text.startswith("<!doctype html>")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_page_varies_by_what_it_depends_on(small, viewer):
    names = {name.strip() for name in viewer.get().headers["Vary"].split(",")}
    assert names >= {"Accept-Encoding", "Accept-Language", "Cookie"}


def test_head_has_the_headers_without_the_body(small, viewer):
    page, head = viewer.get(), viewer.client.head("/")
    assert (head.status_code, head.data) == (200, b"")
    assert {name: head.headers[name] for name in ("ETag", "Vary")} == {
        name: page.headers[name] for name in ("ETag", "Vary")
    }


ANSWERS = {
    "/": 200,
    "/users/5": 200,
    "/users/5/readings.csv": 200,
    "/static/style.css": 200,
    "/healthz": 200,
    "/readyz": 200,
    "/metrics": 200,
    "/?area=b": 400,
    "/users/8": 404,
    "/nothing": 404,
    "/static/nothing.css": 404,
    "/?lang=ja": 302,
}


def is_safe(page: Page) -> None:
    """It has the security headers, each once, and a policy without exceptions."""
    for name, value in HEADERS.items():
        assert page.headers.get_all(name) == [value]
    (policy,) = page.headers.get_all("Content-Security-Policy")
    rules = dict(rule.split(None, 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert set(" ".join(rules.values()).split()) <= {"'none'", "'self'"}, "nothing unsafe, no other host"


def test_every_answer_has_the_security_headers(small, viewer):
    for path, status in ANSWERS.items():
        page = viewer.follow(path)
        assert page.status == status, path
        is_safe(page)


def test_a_wrong_method_and_an_unavailable_database_have_them_too(bare):
    for answer, status in ((bare.client.post("/"), 405), (bare.client.get("/"), 503)):
        assert answer.status_code == status
        is_safe(Page(answer))
