"""The run history in Japanese: names of jobs and sources, and why a run failed."""

import re

import pytest

from etl.runs.in_words import known
from tests.unit.runs.test_sentences import JAPANESE, filled
from tests.web.test_history_page import PATH, alice, ended, rows, start
from web.runs.error_summaries import translated

__all__ = ["alice"]


def test_jobs_sources_and_reasons_are_named_in_japanese(world, alice):
    world.start("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00:00,1", "2026-03-01 00:00:00,1")
    assert world.run("--date", "2026-03-10").code == 0
    page = alice.get(PATH, Accept_Language="ja")
    assert rows(page)[0][2:5] == ["計量値の取り込み", "2026-03-10", "計量値"]
    assert "同一の重複 1" in page.main
    assert "計量値の取り込み" in page.headline
    form = page.html.one("form", method="post", action=PATH)
    assert form.one("button").text == "実行開始"
    jobs = form.one("select", name="job_name").all("option")
    assert [one.attributes["value"] for one in jobs] == ["consumption", "daily_sales", "archive"]
    period = page.html.one("select", name="period").all("option")
    assert [one.text for one in period][1] == "今日"


@pytest.mark.parametrize(
    "make, told",
    [
        (
            lambda world: world.put_readings(5, "2026-03-01 00:00:00,x", "y,1"),
            "計量値を取り消しました: 不備 2件（bad_consumption 1, bad_time 1）、最初の不備:"
            " consumption/5.csv:2: bad_consumption: '2026-03-01 00:00:00,x':",
        ),
        (
            lambda world: world.put_users("5,a1,t1"),
            "ユーザを取り消しました: user_data.csv により、3ユーザ中 2ユーザが退会になります。",
        ),
        (
            lambda world: world.put("consumption/5.csv", "2026-03-01 00:00:00,1"),
            "計量値を取り消しました: 不備 1件（wrong_header 1）、最初の不備:",
        ),
    ],
)
def test_an_error_is_told_in_japanese_and_kept_in_english(world, alice, make, told):
    world.start("5,a1,t1", "6,a1,t1", "7,a1,t1")
    make(world)
    summary = world.run("--date", "2026-04-10").record["error_summary"]
    shown = alice.get(PATH, Accept_Language="ja").html.one("p", class_="notice bad").text
    assert shown.startswith(told)
    assert alice.get(PATH).html.one("p", class_="notice bad").text == summary


@pytest.mark.parametrize("sentence", known())
def test_a_page_says_every_known_sentence_in_japanese(viewer, sentence):
    with viewer.app.test_request_context(headers={"Accept-Language": "ja"}):
        shown = translated(filled(sentence))
    assert JAPANESE.search(shown)
    assert not re.search(r"(?<!-)\b(the|its|run|was)\b", shown)


def test_a_refused_request_is_told_in_japanese(small, alice):
    alice.get(f"{PATH}?lang=ja")
    page = start(alice, start_date="2026-03-05", end_date="2026-03-01")
    assert page.status == 400
    assert "start_date が end_date より後です" in page.main


def test_a_triggered_run_prints_english_whatever_the_server_speaks(world, alice):
    world.start("5,a1,t1")
    world.set(LANG="ja_JP.UTF-8")
    assert ended(alice, start(alice))["status"] == "SUCCESS"
    told = (world.root / "logs" / "triggered.log").read_text()
    assert ": SUCCESS\n" in told
    assert not JAPANESE.search(told)
