"""Every sentence that a run can end with is known by its pattern, and is said in Japanese."""

import ast
import re
from gettext import NullTranslations
from pathlib import Path

import pytest

from etl import language, sentences
from etl import sentences_of_archive as of_archive
from etl import sentences_of_sources as of_sources
from etl.inbox.rejects import REASONS, Reject
from etl.runs import in_words

ROOT = Path(__file__).resolve().parents[3]
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
# Two English words: a sentence, or a part of one.
WORDS = re.compile(r"[A-Za-z]+ [a-z]+")
# What is raised with these ends as the error of a run, or is shown in place of one.
ENDS = {"append", "end", "fail", "give_up", "insert", "refuse"}
TRIGGER = ROOT / "web/runs/trigger.py"
# For whoever writes a step; and two that pages say in words of their own.
OTHERS = {
    ": missing or surplus parameters: ",
    "the database cannot be written",
    "the run cannot be written into the history",
}
SQL = re.compile(r"format\(\s*((?:'[^']*'\s*)+)")


@pytest.fixture
def japanese(monkeypatch) -> NullTranslations:
    """The texts of a console in Japanese."""
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    return language.texts()


def filled(sentence: str) -> str:
    """A sentence with a value for each placeholder."""
    kinds = {
        in_words.NUMBER: "12",
        in_words.NAME: "consumption",
        in_words.ANY: "2026-03-01 00:00:00+09:00",
        in_words.TIME: "2026-02-28T15:00:00Z",
    }
    names = PLACEHOLDER.findall(sentence)
    values = {name: kinds.get(in_words.VALUES.get(name, ""), f"V{n}") for n, name in enumerate(names)}
    return sentence % values if values else sentence


@pytest.mark.parametrize("sentence", in_words.known())
def test_a_sentence_is_said_in_japanese_with_its_values(japanese, sentence):
    english = filled(sentence)
    assert in_words.in_words(english, NullTranslations()) == english
    said = in_words.in_words(english, japanese)
    assert JAPANESE.search(said)
    assert not re.search(r"(?<!-)\b(the|its|is|was|write|run)\b", said), said
    for value in re.findall(r"\bV\d+\b|\b12\b|consumption", english):
        assert value in said


def test_what_the_batch_raises_has_no_sentence_of_its_own():
    batch = [path for path in (ROOT / "etl").rglob("*.py") if "sample" not in path.parts]
    own = [(path.name, text) for path in (*batch, TRIGGER) for text in literals(path) - OTHERS]
    assert own == []
    assert literals(Path(__file__)), "a sentence is found where there is one"


def literals(path: Path) -> set[str]:
    """The sentences written within a raise, or a call that says how a run ended, of a module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Raise) and node.exc:
            inside = node.exc
        elif isinstance(node, ast.Yield) and node.value:
            inside = node.value
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in ENDS:
            inside = node
        else:
            continue
        texts = [str(one.value) for one in ast.walk(inside) if isinstance(one, ast.Constant)]
        found |= {text for text in texts if WORDS.search(text)}
    return found


def this_is_found() -> None:
    """Nothing calls it."""
    raise ValueError("a sentence of its own")


def test_what_sql_complains_of_is_known():
    steps = [*ROOT.glob("sql/*/checks/*.sql"), *ROOT.glob("sql/readings/differing_*.sql")]
    complaints = [(path.name, text) for path in steps for text in SQL.findall(path.read_text())]
    assert len({name for name, _ in complaints}) == len(steps) >= 11
    for name, quoted in complaints:
        sentence = "".join(re.findall(r"'([^']*)'", quoted)).replace("%%s", "12")
        assert any(pattern.fullmatch(sentence) for pattern in in_words.patterns().values()), (name, sentence)


@pytest.mark.parametrize("reason", REASONS)
def test_a_refused_line_is_told_in_japanese(japanese, reason):
    reject = Reject.of_line("consumption/5.csv", 3, "a,b", reason)
    assert JAPANESE.search(reject.told(japanese))
    assert reject.told(japanese).startswith(f"consumption/5.csv:3: {reason}: 'a,b': ")
    assert not JAPANESE.search(str(reject))


def test_sentences_in_a_row_are_said_one_by_one(japanese):
    faults = sentences.FAULTS % {"count": 2, "kinds": "bad_time 1, bad_id 1"}
    both = f"{sentences.LOADED_BUT_FOR % {'unit': 'readings'}}{faults}x.csv; {sentences.SAME_ORDERS}"
    said = in_words.in_words(both, japanese)
    assert not re.search("loaded|faults|somebody|again", said), said
    assert "計量値" in said
    assert "不備 2件（bad_time 1, bad_id 1）" in said


def of_influx(came: str, advice: str) -> str:
    """A message as the source composes it."""
    asked = {"measurement": "power", "since": "2026-03-31T15:00:00Z", "until": "2026-04-01T15:00:00Z"}
    whom = of_archive.INFLUX % {"url": "http://influxdb:8086"}
    return f"{whom}{of_archive.ASKED_POINTS % asked}: {came}; {advice}"


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        (
            of_influx(of_sources.STATUS % {"code": 401} + "authorization failed", of_archive.CHECK_LOGIN),
            "http://influxdb:8086 の InfluxDB: "
            "2026-03-31T15:00:00Z から 2026-04-01T15:00:00Z までの power を照会: "
            "ステータス 401: authorization failed;"
            " INFLUX_TOKEN、または INFLUX_USERNAME と INFLUX_PASSWORD を確認してください",
        ),
        (
            of_influx(of_archive.ANSWER_CUT, of_archive.RUN_AGAIN),
            "http://influxdb:8086 の InfluxDB: "
            "2026-03-31T15:00:00Z から 2026-04-01T15:00:00Z までの power を照会: "
            "応答が途中で途切れました; もう一度実行してください",
        ),
        (
            of_archive.DBT_FAILED
            % {"reason": of_archive.ENDED_WITH % {"code": 2}, "log": "logs/dbt/output.txt"},
            "dbt が失敗しました: 終了コードは 2 です。"
            "logs/dbt/output.txt を見て原因を取り除き、もう一度実行してください",
        ),
        (
            of_archive.DBT_FAILED
            % {
                "reason": f"test unique {of_archive.MORE_FAILED % {'count': 2}}Got 3 results",
                "log": "output.txt",
            },
            "dbt が失敗しました: test unique （ほか2件）: Got 3 results。"
            "output.txt を見て原因を取り除き、もう一度実行してください",
        ),
        (
            of_archive.DUCKDB_FAILED % {"file": "d.duckdb", "reason": "IO Error: run against: a (b); c"},
            "d.duckdb: DuckDB: IO Error: run against: a (b); c。原因を取り除き、もう一度実行してください",
        ),
    ],
    ids=["status", "cut", "dbt", "dbt and more", "DuckDB"],
)
def test_what_others_say_stays_within_a_sentence(japanese, english, expected):
    assert in_words.in_words(english, japanese) == expected
    assert in_words.in_words(english, NullTranslations()) == english


def test_what_was_found_in_a_body_is_said_within_its_quotes(japanese):
    found = of_sources.MARK_MISSING % {"place": 4, "mark": ","}
    summary = f"prices/1.json: bad_json: '{found}' (lines: 0): {REASONS['bad_json']}"
    said = in_words.in_words(summary, japanese)
    assert "bad_json: '4文字目: , がありません' (" in said


@pytest.mark.parametrize(
    ("given", "is_japanese"),
    [
        ({"LANG": "ja_JP.UTF-8"}, True),
        ({"LANG": "ja"}, True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ja_JP.eucJP"}, True),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ja_JP"}, True),
        ({"LANG": "C.UTF-8", "LANGUAGE": "ja:en"}, True),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "fr:ja"}, True),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "ja_JP.UTF-8", "LANGUAGE": "en_US:ja"}, False),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "POSIX"}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": ""}, False),
        ({}, False),
    ],
    ids=str,
)
def test_the_console_follows_the_environment(monkeypatch, given, is_japanese):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert bool(JAPANESE.search(language.texts().gettext("error: %(reason)s"))) == is_japanese
