"""The user table on the summary page: rows, links, headings, and what is said when nobody matches."""

from datetime import UTC, datetime

import pytest

from tests.web.site import Viewer
from tests.world import World


def many(world: World, count: int) -> None:
    """`count` users of two areas."""
    world.start(*(f"{user},a{1 + user % 2},t1" for user in range(1, count + 1)))


def test_a_row_has_area_tariff_status_last_reading_and_total(small, viewer):
    rows = viewer.get().users
    *shown, last, total = rows[0]
    assert (shown, total) == (["5", "a1", "t1", "active"], "1.3")
    assert last.startswith("Mar 4, 2026") and ":59" in last
    assert rows[2] == ["7", "a2", "t2", "active", "–", "0.0"]
    (time,) = viewer.get("/", q="5").html.one("table", class_="users").all("time")
    read_at = datetime.fromisoformat(time.attributes["datetime"])
    assert read_at == datetime(2026, 3, 4, 14, 59, tzinfo=UTC)


def test_each_id_links_to_its_page(small, viewer):
    links = viewer.get().html.one("table", class_="users").all("tbody")[0].all("a")
    assert [link.attributes["href"] for link in links] == ["/users/5", "/users/6", "/users/7"]
    assert [viewer.follow(link.attributes["href"]).status for link in links] == [200, 200, 200]


@pytest.mark.parametrize("sort", [None, "-area", "energy", "-last_reading"])
def test_next_and_previous_lead_through_the_whole_table(world, viewer, sort):
    many(world, 130)
    pages = [viewer.get("/", sort=sort, status="active") if sort else viewer.get("/", status="active")]
    assert (pages[0].link("first"), pages[0].link("prev")) == (None, None)
    while link := pages[-1].link("next"):
        pages.append(viewer.follow(link))
    assert [len(page.ids) for page in pages] == [50, 50, 30]
    assert sorted(user for page in pages for user in page.ids) == list(range(1, 131))
    assert (pages[-1].link("last"), pages[1].link("first")) == (None, pages[2].link("first"))
    assert viewer.follow(pages[2].link("prev")).ids == pages[1].ids
    assert viewer.follow(pages[1].link("prev")).ids == pages[0].ids
    assert viewer.follow(pages[2].link("first")).ids == pages[0].ids
    ids = [user for page in pages for user in page.ids]
    assert viewer.follow(pages[0].link("last")).ids == ids[-50:]
    assert {page.found for page in pages} == {"130 found"}


def test_a_heading_sorts_and_sorts_the_other_way_when_clicked_again(small, viewer):
    page = viewer.get()
    for _ in range(2):
        (heading,) = [
            node for node in page.html.one("table", class_="users").all("a") if node.text[:5] == "Total"
        ]
        page = viewer.follow(heading.attributes["href"].partition("#")[0])
        (column,) = [node for node in page.html.all("th") if "aria-sort" in node.attributes]
        assert column.text.startswith("Total (kWh)")
        descending = column.attributes["aria-sort"] == "descending"
        assert page.ids == ([5, 6, 7] if descending else [7, 6, 5])
    assert descending


def test_sorting_and_searching_begin_again_at_the_first_page(world, viewer):
    many(world, 120)
    second = viewer.follow(viewer.get().link("next"))
    headings = second.html.one("table", class_="users").all("thead")[0].all("a")
    for link in headings:
        assert "after" not in link.attributes["href"]
    hidden = {node.attributes["name"] for form in second.html.all("form") for node in form.all("input")}
    assert not hidden & {"after", "before", "page"}


def test_filters_and_search_combine(world, viewer):
    many(world, 30)
    world.put_users(*(f"{user},a{1 + user % 2},t1" for user in range(1, 31) if user not in (11, 12)))
    assert world.run("--date", "2026-04-02").code == 0
    assert viewer.get("/", q="1").ids == [1, *range(10, 20)]
    assert viewer.get("/", q="1", area="a2").ids == [1, 11, 13, 15, 17, 19]
    assert viewer.get("/", q="1", area="a2", status="departed").ids == [11]
    assert viewer.get("/", status="departed", sort="-id").ids == [12, 11]
    assert viewer.get("/", q=" 12 ").ids == [12]
    assert viewer.get("/", q="1", area="a2").found == "6 found"
    assert viewer.get("/", area="a1").headline["Users"] == ["15", "14 active"]


@pytest.mark.parametrize("given", [{"q": "99"}, {"status": "departed"}, {"tariff": "t3"}, {"q": "9" * 18}])
def test_no_match_says_so_and_has_no_table(small, viewer, given):
    page = viewer.get("/", **given)
    assert (page.status, page.users, page.found) == (200, [], "0 found")
    assert "No user matches." in page.main
    assert [page.link(rel) for rel in ("first", "prev", "next", "last")] == [None] * 4


@pytest.mark.parametrize("given", [{"after": "~7~7"}, {"before": "~5~5"}, {"after": "~7~7", "area": "a1"}])
def test_beyond_the_end_of_the_table_a_link_leads_back_to_the_first_page(small, viewer, given):
    page = viewer.get("/", **given)
    assert (page.status, page.users) == (200, [])
    assert "No user is listed beyond this place." in page.main
    assert "No user matches." not in page.main
    assert [page.link(rel) for rel in ("prev", "next", "last")] == [None] * 3
    assert viewer.follow(page.link("first")).ids == ([5, 6] if "area" in given else [5, 6, 7])


def test_more_than_a_thousand_found_are_not_counted_on(world, viewer):
    world.start("1,a1,t1", *(f"{20_000 + n},a1,t1" for n in range(1001)))
    assert viewer.get("/", q="2").found == "more than 1,000 found"
    assert viewer.get().found == "1,002 found"


def test_dates_filter_the_chart_and_not_the_users(small):
    page = Viewer().get("/", start_date="2026-03-09")
    assert page.ids == [5, 6, 7]
    assert page.users[0][5] == "1.3"
    assert page.headline["Readings"][0] == "1"
