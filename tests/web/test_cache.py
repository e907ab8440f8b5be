"""What is kept for 24 hours: computed once, seen anew after a run that changes figures, forgotten in time."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tests.web.site import Viewer
from tests.world import DAY

PAGES = [
    "/",
    "/?area=a1&split=tariff&q=5&sort=-energy",
    "/users/5",
    "/users/5?start_date=2026-03-03",
    "/users/7",
]
DATA = {"web/profile", "web/profile_between", "web/names", "web/period", "web/user_cells"}


@pytest.mark.parametrize("path", PAGES)
def test_the_second_request_computes_nothing(small, viewer, asked, path):
    first = viewer.follow(path)
    assert asked
    asked.clear()
    second = viewer.follow(path)
    assert asked == []
    assert (second.text, second.headers["ETag"]) == (first.text, first.headers["ETag"])


def test_another_worker_finds_what_one_has_computed(small, viewer, asked):
    page = viewer.get()
    asked.clear()
    assert Viewer().get().text == page.text
    assert asked == []


def test_a_run_that_changes_figures_is_seen_on_the_next_request(small, viewer):
    before = viewer.get(), viewer.get("/users/5")
    small.put_readings(5, "2026-03-20 10:00,2000")
    assert small.run("--date", DAY).code == 0
    summary, user = viewer.get(), viewer.get("/users/5")
    assert [page.headline["Energy"][0] for page in before] == ["1.7 kWh", "1.3 kWh"]
    assert (summary.headline["Energy"][0], user.headline["Energy"][0]) == ("3.7 kWh", "3.3 kWh")
    assert summary.tables[0].cells["Fri", "10:00"] == "2,000.0"
    assert summary.users[0][-1] == "3.3"


def test_a_change_of_users_and_new_names_are_seen_on_the_next_request(small, viewer):
    viewer.get()
    assert viewer.get("/", area="a3").status == 400
    small.put("area.csv", "name\na3\n")
    assert small.run("--date", DAY).code == 0
    assert viewer.get("/", area="a3").status == 200
    small.put_users("5,a3,t1", "6,a1,t1", "7,a2,t2")
    assert small.run("--date", "2026-04-02").code == 0
    assert viewer.get("/", area="a3").ids == [5]


def test_a_rebuild_after_a_patch_is_seen_on_the_next_request(small, viewer):
    viewer.get()
    small.do("UPDATE reading SET energy_wh = 5000 WHERE energy_wh = 1000")
    assert small.run("--rebuild").code == 0
    assert viewer.get().headline["Energy"] == ["5.7 kWh"]


def test_a_run_that_changes_nothing_shows_its_time_but_computes_no_figures(small, viewer, asked):
    viewer.get()
    viewer.get("/users/5")
    small.put_readings(5, "2026-03-02 00:00,100")
    assert small.run("--date", DAY).record["inserted_count"] == 0
    asked.clear()
    page = viewer.get()
    viewer.get("/users/5")
    assert not DATA & set(asked), asked
    ended = small.value("SELECT finished_at FROM run ORDER BY id DESC LIMIT 1")
    shown = page.html.one("dd", class_="run").one("time").attributes["datetime"]
    assert datetime.fromisoformat(shown) == ended


@pytest.mark.parametrize("path", ["/", "/users/5"])
def test_nothing_is_computed_for_24_hours_and_everything_after(small, viewer, asked, path):
    now = datetime.now(UTC)
    with time_machine.travel(now, tick=False) as clock:
        viewer.get(path)
        computed = list(asked)
        assert DATA & set(computed)
        for later in (timedelta(hours=12), timedelta(hours=24, seconds=-1)):
            asked.clear()
            clock.move_to(now + later)
            viewer.get(path)
            assert asked == []
        clock.move_to(now + timedelta(hours=24, seconds=1))
        asked.clear()
        viewer.get(path)
        assert asked == computed
        asked.clear()
        viewer.get(path)
        assert asked == []


def test_pages_of_one_address_share_their_figures(small, viewer, asked):
    viewer.get("/", split="area")
    asked.clear()
    viewer.get("/", split="area", measure="total")
    viewer.get("/", split="area", sort="-energy")
    assert not DATA & set(asked), asked


@pytest.mark.parametrize("path", ["/", "/users/5"])
def test_two_languages_do_not_mix(small, viewer, path):
    pages = {}
    for language in ("en", "ja", "en", "ja"):
        page = viewer.ask(path, Accept_Language=language)
        assert page.html.one("html").attributes["lang"] == language
        assert pages.setdefault(language, page).text == page.text
    assert pages["ja"].tables[0].rows[0][0][-1] in "月火水木金土日"
    assert pages["en"].headers["ETag"] != pages["ja"].headers["ETag"]


def test_a_page_that_failed_is_not_kept(small, viewer):
    assert viewer.get("/users/8").status == 404
    small.do("ALTER TABLE load_profile RENAME TO away")
    small.do("ALTER VIEW web.load_profile RENAME TO away")
    assert viewer.get().status == 503
    small.do("ALTER VIEW web.away RENAME TO load_profile")
    assert viewer.get().status == 200


def test_the_files_are_for_this_user_only(small, viewer):
    viewer.get()
    folder = small.state / "cache"
    assert folder.stat().st_mode & 0o077 == 0
    assert any(path.is_file() for path in (folder / "results").iterdir())


def test_a_cache_that_was_deleted_costs_time_only(small, viewer):
    page = viewer.get()
    shutil.rmtree(small.state / "cache")
    assert Viewer().get().text == page.text


def test_of_many_requests_for_a_page_one_reads_it(small, viewer, asked):
    with time_machine.travel(datetime.now(UTC), tick=False) as clock:
        viewer.get()
        viewer.get()
        shutil.rmtree(small.state / "cache")
        asked.clear()
        viewer.get()
        assert not DATA & set(asked)
        clock.shift(timedelta(seconds=1))
        viewer.get()
        assert DATA & set(asked)


def test_a_damaged_cache_costs_time_only(small, viewer):
    page = viewer.get()
    for path in (small.state / "cache" / "results").iterdir():
        path.write_bytes(path.read_bytes()[:20])
    again = Viewer().get()
    assert (again.status, again.text) == (200, page.text)
