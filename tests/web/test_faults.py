"""What a run refused and its log, for people and machines, so that nobody needs psql or a terminal."""

import csv
from io import StringIO

import pytest

from tests.web.operators import Api, add_token, is_problem
from tests.web.test_history_page import PATH, alice
from tests.world import DAY

__all__ = ["alice"]
LINES = ["2026-03-01 00:00:00,1", "2026-03-01 00:00:00,2", "2026-03-01 00:30:00,-3", '=1+1,"5"']


@pytest.fixture
def run(world):
    """A run with three faults, one of a whole file, and a conflict."""
    world.start("5,a1,t1")
    world.put_readings(5, *LINES)
    world.put_readings(999, "2026-03-01 00:00:00,1")
    return world.run("--date", DAY, "--on-error", "quarantine").record["execution_uuid"]


def test_the_page_shows_what_was_refused_and_what_to_do(run, alice):
    page = alice.get(f"{PATH}/{run}/faults").main
    for text in (
        "consumption/5.csv",
        "2026-03-01 00:30:00,-3",
        "bad_consumption",
        "write digits, at most 12",
    ):
        assert text in page
    for text in ("whole file (1 lines)", "unknown_user", "conflict", "the first value stands"):
        assert text in page
    assert f"{PATH}/{run}/faults" in alice.get(PATH).text


def test_in_japanese_the_page_says_what_to_do(run, alice):
    page = alice.get(f"{PATH}/{run}/faults", Accept_Language="ja").main
    assert "受け付けなかった行" in page
    assert "先にユーザを user_data.csv に加える" in page


def test_the_page_says_in_japanese_what_is_seen_of_a_wrong_header(world, alice):
    world.put("consumption/7.csv", "datetime;consumption\n")
    uuid = world.run("--date", DAY, "--on-error", "quarantine").record["execution_uuid"]
    page = alice.get(f"{PATH}/{uuid}/faults", Accept_Language="ja").main
    seen, columns = (
        "列がセミコロンで区切られている。",
        "列は datetime,consumption または user_id,datetime,consumption",
    )
    assert f"{seen}コンマで区切る。1 行目に各列名を 1 回ずつ書く。{columns}" in page


def test_machines_get_the_same_in_order(world, viewer, run):
    api = Api(viewer, add_token(world))
    answer = api.get(f"/runs/{run}/faults").json
    assert (answer["count"], answer["page"], answer["pages"]) == (4, 1, 1)
    found = [(row["file"], row["line"], row["reason"]) for row in answer["results"]]
    assert found == world.rows("SELECT file, line, reason FROM rejected_row ORDER BY id")
    assert answer["results"][0]["what_to_do"]
    assert is_problem(api.get(f"/runs/{run}/faults", page=2), 404)
    assert is_problem(api.get(f"/runs/{run}/faults", page=0), 400)
    assert is_problem(api.get(f"/runs/{run}/faults", page=[1, 2]), 400)


def test_the_csv_has_all_and_no_formula(world, viewer, run, alice):
    by_machine = Api(viewer, add_token(world, "bob")).get(f"/runs/{run}/faults.csv")
    by_hand = alice.get(f"{PATH}/{run}/faults.csv")
    assert by_machine.text == by_hand.text
    rows = list(csv.DictReader(StringIO(by_hand.text)))
    assert len(rows) == 4
    assert '\'=1+1,"5"' in [row["raw"] for row in rows]


def test_a_hundred_a_page(world, viewer, alice):
    world.start("5,a1,t1")
    world.put_readings(5, *["x"] * 250)
    run = world.run("--date", DAY).record["execution_uuid"]
    answer = Api(viewer, add_token(world, "bob")).get(f"/runs/{run}/faults", page=3).json
    assert (answer["count"], len(answer["results"]), answer["results"][0]["line"]) == (250, 50, 202)
    assert "page 3 of 3" in alice.get(f"{PATH}/{run}/faults?page=3").main
    assert alice.get(f"{PATH}/{run}/faults?page=4").status == 404


def test_the_log_of_a_run_has_its_lines_only_and_no_secret(world, viewer, run, alice):
    world.run("--date", DAY)
    text = Api(viewer, add_token(world, "bob")).get(f"/runs/{run}/log").text
    assert text == alice.get(f"{PATH}/{run}/log").text
    lines = text.splitlines()
    assert [word in text for word in ("run started", "committing", "run ended")] == [True] * 3
    assert all(run in line for line in lines)
    path = world.root / "logs" / "meterhouse.log"
    path.write_text(f"{world.connection.dsn} run={run}\n" * 20_000)
    bounded = alice.get(f"{PATH}/{run}/log").text
    assert world.connection.dsn not in bounded
    assert len(bounded) < 1_100_000
    assert bounded.startswith("... cut off: the log in LOG_DIR has what was before\n")


@pytest.mark.parametrize("path", ("faults", "faults.csv", "log"))
def test_only_administrators_see_them(world, viewer, run, path):
    assert viewer.get(f"{PATH}/{run}/{path}").status == 302
    assert is_problem(Api(viewer).get(f"/runs/{run}/{path}"), 401)
    token = add_token(world, "vera", "viewer")
    assert is_problem(Api(viewer, token).get(f"/runs/{run}/{path}"), 403)


@pytest.mark.parametrize("path", ("faults", "faults.csv", "log"))
def test_of_a_run_that_is_not_there_nothing_is_shown(alice, world, path):
    nobody = "00000000-0000-0000-0000-000000000000"
    api = Api(alice.viewer, add_token(world, "bob"))
    assert alice.get(f"{PATH}/{nobody}/{path}").status == 404
    assert alice.get(f"{PATH}/nonsense/{path}").status == 404
    assert is_problem(api.get(f"/runs/{nobody}/{path}"), 404)
    assert is_problem(api.get(f"/runs/nonsense/{path}"), 400)
