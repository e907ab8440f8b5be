"""What is told when a source fails is told in Japanese too, but for what others say."""

from gettext import NullTranslations

import pytest

from etl import language
from etl.runs.in_words import in_words
from tests.http_source import CERTIFICATE, HttpSource
from tests.unit.sources.clients import failure

ASK = "データソースの運用者に問い合わせてください"


@pytest.fixture
def said(monkeypatch):
    """What a reader of Japanese sees of a message, and a reader of English."""
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")

    def say(message: str) -> str:
        assert in_words(message, NullTranslations()) == message
        return in_words(message, language.texts())

    return say


def reply(status, body=b"", **headers):
    """Answers the same to whatever is asked."""
    return lambda answer, _: answer.reply(status, body, **headers)


@pytest.mark.parametrize(
    ("answer", "how", "expected"),
    [
        (
            reply(503, b"try; run against: (b)"),
            {},
            "ステータス 503: try; run against: (b) （4回照会）; しばらくしてからもう一度実行するか、" + ASK,
        ),
        (
            reply(429, b"slow down", Retry_After="3600"),
            {"seconds": 100},
            "ステータス 429: slow down （次に照会できるのは 3600秒後で、残り時間を過ぎます）; "
            "しばらくしてからもう一度実行するか、" + ASK,
        ),
        (
            reply(302, Location="http://[::1]:1/a;b?key=1"),
            {"body": b"{}"},
            "http://[::1]:1/a;b?... へリダイレクトされました; "
            "そのアドレスを指定してください。POST はリダイレクト先に送りません",
        ),
        (
            reply(302, Location="ftp://127.0.0.1/"),
            {},
            f"リダイレクト先は照会できるアドレスではありません: ftp は http でも https でもありません; {ASK}",
        ),
        (reply(200, b"x", Content_Encoding="a:b"), {}, f"求めていない Content-Encoding 'a:b' です; {ASK}"),
        (
            reply(200, bytes((1 << 20) + 1)),
            {},
            "応答が 1 MB を超えています; 一度に照会する量を減らすか、SOURCE_MAX_MB を大きくしてください",
        ),
        (
            reply(200),
            {"headers": {"X:": "a"}},
            "ヘッダー 'X:' は送れません; 名前と、1行の値を書いてください",
        ),
    ],
    ids=["status", "too late", "POST", "no address", "coding", "size", "header"],
)
def test_a_message_is_said_in_japanese(said, answer, how, expected):
    with HttpSource(answer) as source:
        message = said(failure(source.url, **how))
    assert message.startswith(f"{'POST' if 'body' in how else 'GET'} {source.url}")
    assert message.endswith(f": {expected}")


def test_where_it_was_redirected_to_stays_whole(said):
    with HttpSource(lambda answer, _: answer.reply(302, Location="http://[::1]:1/a:b;c?key=1")) as source:
        message = said(failure(source.url))
    assert message == (
        f"GET {source.url}, リダイレクト先 http://[::1]:1/a:b;c?...: アドレス ::1 は"
        "パブリックアドレスではありません; "
        "意図したものであれば、そのアドレス範囲を SOURCE_ALLOWED_NETWORKS に加えてください"
    )


def test_https_that_becomes_http_is_said(said):
    with HttpSource(lambda answer, _: answer.reply(302, Location="http://127.0.0.1:1/"), tls=True) as source:
        message = said(failure(source.url, ca_file=str(CERTIFICATE)))
    assert message.endswith(f": https から http://127.0.0.1:1/ へリダイレクトされました; {ASK}")


def test_what_curl_says_stays_as_it_is(said):
    with HttpSource(lambda answer, _: answer.reply(200), tls=True) as source:
        english = failure(source.url)
    came, _, _ = english.partition("; have its certificate")
    assert said(english) == (
        f"{came}; データソースの証明書を直してもらってください。独自の証明書は SOURCE_CA_FILE に指定します"
    )
