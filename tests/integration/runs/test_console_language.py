"""The console speaks the language of LANG; logs, JSON and the history stay English."""

import json
import re

import pytest

from tests.integration.processes import Batch, Home, ended
from tests.world import DAY, World

JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


@pytest.fixture
def japanese(world) -> World:
    """A world whose console is Japanese; user 5 has a good reading and a bad one."""
    world.set(LANG="ja_JP.UTF-8")
    world.put_masters()
    world.put_users("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,1", "2026-03-01 00:30,-3")
    world.put("notes.txt", "?")
    return world


def assert_logs_are_english(batch: Batch, world: World) -> None:
    log = (world.root / "logs" / "meterhouse.log").read_text()
    assert "run ended" in log
    assert "run ended" in batch.err
    assert not JAPANESE.search(log)
    assert not JAPANESE.search(batch.err)


def test_a_run_is_told_in_japanese_and_logged_in_english(japanese):
    batch = ended(japanese, "--date", DAY)
    first, *lines, last = batch.out.splitlines()
    assert first == "consumption 2026-04-01: 失敗"
    assert "  計量値: 読み込み 2, 登録 1, 同一の重複 0, 値の異なる重複 0, 不備 1 - 取り消し" in lines
    assert "  取り込まなかったもの: notes.txt。フォルダからは *.csv と *.csv.gz" in batch.out
    assert "  不備: consumption/5.csv:3: bad_consumption: '2026-03-01 00:30,-3': " in batch.out
    assert "  計量値を取り消しました: 不備 1件（bad_consumption 1）" in batch.out
    assert last == f"  実行 {batch.run_id}"
    english = re.sub(r"'[^']*'|\S*[._/]\S*|YYYY\S*|execution|consumption|csv|gz|CSV", "", "\n".join(lines))
    assert not re.search(r"[a-z]{3,} [a-z]{2,}", english), english
    assert_logs_are_english(batch, japanese)
    summary = japanese.value("SELECT error_summary FROM run")
    assert summary.startswith("readings rolled back: 1 fault (bad_consumption 1); first: ")


def test_json_is_the_same_in_every_language(japanese):
    batch = ended(japanese, "--date", DAY, "--json", "--dry-run")
    assert not JAPANESE.search(batch.out)
    (record,) = json.loads(batch.out)
    assert record["error_summary"].startswith("readings rolled back: ")
    assert_logs_are_english(batch, japanese)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--date", "1 Jan 2026"],
            "エラー: --date '1 Jan 2026': 日付は 2026-04-01 の形式で指定してください。",
        ),
        (
            ["--date", "2026-01-01", "--start-date", "2026-01-01"],
            "エラー: 日付1つか、--start-date と --end-date の両方を書いてください",
        ),
        (
            ["--job", "daily_sales", "--users", "5"],
            "エラー: --users: ユーザごとのファイルを読むのは consumption だけです",
        ),
    ],
    ids=str,
)
def test_a_refusal_is_told_in_japanese(japanese, arguments, said):
    result = japanese.tell(*arguments)
    assert result.code == 2
    assert result.err == said + "\n"


def test_settings_and_the_database_are_complained_of_in_japanese(japanese):
    japanese.set(TZ="Mars")
    assert japanese.tell().err == "エラー: TZ=Mars: Asia/Tokyo のようなタイムゾーン名を書いてください\n"
    japanese.set(TZ="Asia/Tokyo", DATABASE_URL="postgresql://127.0.0.1:1/none")
    told = japanese.tell("--date", DAY, "--quiet").err
    assert "エラー: DATABASE_URL のデータベースが応答しません: " in told


def test_the_other_commands_answer_in_japanese(japanese):
    japanese.put_readings(5, "2026-03-01 00:00,1")
    assert japanese.tell("--date", DAY).code == 0
    assert japanese.tell("verify").out == "集計は計量値と一致しています\n"
    assert "計量値から集計を作り直しました" in japanese.tell("rebuild").out
    assert "最後に成功した実行の開始は" in japanese.tell("overdue").out
    assert "することがありません: " in japanese.tell("--users", "5").out
    japanese.do("UPDATE load_profile SET readings = 7")
    told = japanese.tell("verify").out
    assert "保存値は7件" in told
    assert told.endswith("一致しないセル: 1\n")


def test_the_embedded_server_speaks_english_in_any_locale(monkeypatch):
    home = Home(monkeypatch)
    try:
        # It is not installed on many servers, and initdb would refuse it.
        home.set(LANG="ja_JP.UTF-8")
        home.start("5,a1,t1")
        assert home.value("SHOW lc_messages") == "C"
    finally:
        home.close()
