"""The run history in Japanese: names of jobs and sources, and why a run failed."""

import re

import pytest

from etl.runs.abandoned import ABANDONED, NOT_TAKEN_UP, OVERTAKEN
from etl.runs.failures import (
    ENDED_BY_ANOTHER,
    INTERRUPTED_AFTER_COMMIT,
    LOST,
    LOST_AFTER_COMMIT,
    LOST_DURING_COMMIT,
)
from tests.web.test_history_page import PATH, alice, rows
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


@pytest.mark.parametrize(
    "sentence",
    [
        LOST,
        LOST_AFTER_COMMIT,
        LOST_DURING_COMMIT,
        ENDED_BY_ANOTHER,
        OVERTAKEN,
        INTERRUPTED_AFTER_COMMIT,
        NOT_TAKEN_UP,
        ABANDONED.format("takes"),
        ABANDONED.format("took"),
        "interrupted",
    ],
)
def test_every_sentence_of_the_batch_is_known(viewer, sentence):
    with viewer.app.test_request_context(headers={"Accept-Language": "en"}):
        assert translated(sentence) == sentence
    with viewer.app.test_request_context(headers={"Accept-Language": "ja"}):
        found = translated(sentence)
    assert re.search("[ぁ-ん]", found)
    assert not re.search(r"\b(the|its|run|was)\b", found)
