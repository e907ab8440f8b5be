"""Ids that nobody has, or that cannot be ids: a page that names them and leads back."""

from urllib.parse import quote

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.web.site import SLOW, Page

ODD = [
    "0",
    "abc",
    "-5",
    "+5",
    "5.0",
    "5e0",
    "0x5",
    "٥",
    "９",
    "9999999999999999999999",
    "9223372036854775808",
    "1" * 5000,
]


def helps(page: Page, user: str) -> None:
    """It is the 404 page that names the id and links to the summary."""
    assert page.status == 404
    assert user in page.main
    assert "/" in [link.attributes["href"] for link in page.html.one("main").all("a")]
    assert page.headers["Cache-Control"] == "no-store"


def test_an_unknown_id_is_named_and_the_summary_is_a_click_away(small, viewer):
    for user in ("4", "55", "9223372036854775807", *ODD):
        helps(viewer.get(f"/users/{quote(user)}"), user)
        helps(viewer.get(f"/users/{quote(user)}/readings.csv"), user)


def test_what_only_looks_like_an_id_is_no_second_address_of_its_user(small, viewer):
    for user in ("5 ", " 5", "5\t", "05", "007"):
        helps(viewer.get(f"/users/{quote(user)}"), user.strip())


def test_a_user_who_arrives_is_found_at_once(small, viewer):
    helps(viewer.get("/users/8"), "8")
    small.put_users("5,a1,t1", "6,a1,t1", "7,a2,t2", "8,a2,t2")
    assert small.run("--date", "2026-04-02").code == 0
    assert viewer.get("/users/8").status == 200


def test_before_the_first_import_nobody_is_known(world, viewer):
    helps(viewer.get("/users/8"), "8")
    helps(viewer.get("/users/8/readings.csv"), "8")


@settings(SLOW, max_examples=40)
@given(
    raw=st.binary(min_size=1, max_size=30)
    | st.text(min_size=1, max_size=30).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
@example(raw=b"\0")
@example(raw=b"\xed\xa0\x80")
@example(raw=b"5' OR 1=1 --")
@example(raw=b"<script>alert(1)</script>")
@example(raw=b"../../etc/passwd")
@example(raw=b"%(user_id)s")
def test_no_path_is_an_error_of_ours(small, viewer, raw):
    for path in (
        f"/users/{quote(raw, safe='')}",
        f"/users/{quote(raw, safe='')}/readings.csv",
        f"/{quote(raw, safe='')}",
    ):
        page = viewer.get(path)
        assert page.status in (200, 302, 308, 404, 405), path
        assert "<script>" not in page.text
