"""Without a database, without a schema, before the first import: a page that says what to do."""

import os
from contextlib import closing

import psycopg2
import pytest

from etl.config import Config
from tests.conftest import URL_VARIABLE
from tests.web.site import Viewer
from tests.world import DAY


@pytest.mark.parametrize("path", ["/", "/users/5", "/users/5/readings.csv", "/?area=a1"])
def test_a_database_that_does_not_answer_is_told_to_come_back(bare, path):
    page = bare.follow(path)
    assert page.status == 503
    assert "try again in a moment" in page.main
    assert int(page.headers["Retry-After"]) > 0
    assert page.headers["Cache-Control"] == "no-store"
    assert "127.0.0.1:1" not in page.text and "postgresql" not in page.text


def test_the_process_lives_and_is_not_ready_without_a_database(bare):
    assert (bare.get("/healthz").status, bare.get("/healthz").text) == (200, "ok\n")
    ready = bare.get("/readyz")
    assert (ready.status, ready.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")
    assert "database" in ready.text and "postgresql" not in ready.text
    assert bare.get("/metrics").status == 200


def test_a_password_is_in_no_answer(tmp_path, capfd):
    url = "postgresql://viewer:topsecret@127.0.0.1:1/none"
    viewer = Viewer(Config(database_url=url, state_dir=tmp_path))
    for path in ("/", "/users/1", "/readyz", "/metrics"):
        assert "topsecret" not in viewer.get(path).text
    out, err = capfd.readouterr()
    assert "topsecret" not in out + err


def test_a_database_that_goes_and_comes_back_is_found_again(small, viewer):
    page = viewer.get()
    name = small.value("SELECT current_database()")
    with closing(psycopg2.connect(os.environ[URL_VARIABLE])) as admin, admin.cursor() as cursor:
        admin.autocommit = True
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        small.rows(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        assert [viewer.get(path).status for path in ("/", "/readyz", "/healthz")] == [503, 503, 200]
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert viewer.get("/readyz").status == 200
    assert viewer.get().text == page.text


@pytest.mark.parametrize("setting", ["database_url", "web_database_url"])
def test_a_database_without_a_schema_is_told_to_run_the_batch(empty_database_url, tmp_path, setting):
    viewer = Viewer(Config(state_dir=tmp_path, **{setting: empty_database_url}))
    for path in ("/", "/users/5", "/users/5/readings.csv"):
        page = viewer.get(path)
        assert page.status == 503
        assert "run the batch" in page.main
        assert int(page.headers["Retry-After"]) > 0
    assert viewer.get("/readyz").status == 503
    assert "run the batch" in viewer.get("/readyz").text


def test_before_the_first_import_the_page_says_so(world, viewer):
    page = viewer.get()
    assert page.status == 200
    assert "Nothing has been imported yet" in page.main
    assert "make batch" in page.main
    assert viewer.get("/readyz").status == 200
    world.start("5,a1,t1", day=DAY)
    page = viewer.get()
    assert "Nothing has been imported yet" not in page.main
    assert (page.ids, page.headline["Readings"]) == ([5], ["0"])


def test_a_first_import_that_failed_is_still_none(world, viewer):
    world.put("area.csv", "wrong\n")
    assert world.run("--date", DAY).code == 1
    assert "Nothing has been imported yet" in viewer.get().main


def test_the_pages_speak_japanese_without_a_database_too(bare):
    page = bare.ask("/", Accept_Language="ja")
    assert (page.status, page.html.one("html").attributes["lang"]) == (503, "ja")
    assert page.html.one("h1").text != bare.get().html.one("h1").text
