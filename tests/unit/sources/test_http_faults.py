"""Sources that are slow, down, endless or rude: each ends, and says why in one line."""

import gzip
import socket

import pytest

from etl.config import Config
from etl.errors import Interrupted, SourceFailed
from etl.sources.asking import Asking
from etl.sources.http_client import HttpClient
from etl.sources.http_messages import Request
from tests.http_source import DRIP_SECONDS, HttpSource
from tests.unit.sources.clients import HERE, failure, fetch, proceed

SECRET = "s3cr/t +ü"


def drip_headers(answer, _number):
    answer.wfile.write(b"HTTP/1.1 200 OK\r\n")
    answer.endless(b"X-Drip: 1\r\n", DRIP_SECONDS)


def drip_interim(answer, _number):
    answer.endless(b"HTTP/1.1 103 Early Hints\r\n\r\n", DRIP_SECONDS)


def drip_body(answer, _number):
    answer.begin(200)
    answer.endless(b" ", DRIP_SECONDS)


def drip_redirects(answer, number):
    answer.server.closing.wait(0.3)
    answer.reply(302, Location=f"/{number}")


SLOW = {
    "says nothing": lambda answer, _: answer.hang(),
    "drips headers": drip_headers,
    "drips interim answers": drip_interim,
    "drips a body": drip_body,
    "redirects slowly": drip_redirects,
}


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_one_deadline_ends_them_all(answer):
    with HttpSource(answer) as source:
        message = failure(source.url, seconds=1)
    assert "no whole answer within 1 s; give it more time" in message


def test_the_deadline_is_over_all_that_is_asked():
    with (
        HttpSource(lambda answer, number: answer.reply(200) if number < 3 else answer.hang()) as source,
        HttpClient(Config(source_allowed_networks=HERE), proceed, 3) as client,
        pytest.raises(SourceFailed, match="no whole answer within 3 s"),
    ):
        for _ in range(3):
            client.fetch(Request(source.url))
    assert len(source.asked) == 3


def test_the_status_of_a_dripping_fault_is_told():
    def answer(answer, _number):
        answer.begin(500)
        answer.endless(b"x", DRIP_SECONDS)

    with HttpSource(answer) as source:
        assert "status 500: xx" in failure(source.url, seconds=3)


def test_an_endless_fault_is_cut():
    def answer(answer, _number):
        answer.begin(404)
        answer.endless(b"no" * 10_000)

    with HttpSource(answer) as source:
        assert f"status 404: {'no' * 100};" in failure(source.url)


@pytest.mark.parametrize("packed", [False, True])
def test_an_endless_answer_is_cut(packed):
    def answer(answer, _number):
        answer.begin(200, **({"Content_Encoding": "gzip"} if packed else {}))
        answer.endless(bytes(100_000))

    with HttpSource(answer) as source:
        message = failure(source.url)
    assert "more than 1 MB; ask for less at a time, or raise SOURCE_MAX_MB" in message


def test_size_counts_after_decompression():
    bomb, most = gzip.compress(bytes(100 << 20)), gzip.compress(bytes(1 << 20))

    def answer(answer, number):
        answer.reply(200, most if number == 1 else bomb, Content_Encoding="gzip")

    with HttpSource(answer) as source:
        assert len(fetch(source.url).body) == 1 << 20
        assert "more than 1 MB" in failure(source.url)
    assert len(source.asked) == 2


@pytest.mark.parametrize(
    ("coding", "told"), [("gzip", "gzip that breaks off"), ("br", "Content-Encoding 'br'")]
)
def test_a_body_that_cannot_be_read_is_refused(coding, told):
    packed = gzip.compress(b"time,kwh\n" * 1000)[:-9]
    with HttpSource(lambda answer, _: answer.reply(200, packed, Content_Encoding=coding)) as source:
        assert told in failure(source.url)


def test_endless_headers_are_cut():
    def answer(answer, _number):
        answer.wfile.write(b"HTTP/1.1 200 OK\r\n")
        answer.endless(b"X-Endless: 1\r\n" * 1000)

    with HttpSource(answer) as source:
        assert "header" in failure(source.url)


def test_a_port_where_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    message = failure(f"http://127.0.0.1:{port}/")
    assert f"GET http://127.0.0.1:{port}/: Failed to connect" in message
    assert message.endswith("(after 4 tries); check that it runs, and its port")


def test_a_name_that_nobody_has():
    assert "Could not resolve host: nobody.invalid (after 4 tries)" in failure("http://nobody.invalid/")


@pytest.mark.parametrize("said", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 2x0 OK\r\n\r\n", b"\x00" * 1000])
def test_what_is_no_http_is_refused(said):
    with HttpSource(lambda answer, _: answer.raw(said)) as source:
        assert failure(source.url).startswith(f"GET {source.url}: ")


# Stopping


class Stop:
    """Raises once it is wanted."""

    def __init__(self, wanted):
        self._wanted = wanted

    def __call__(self):
        if self._wanted():
            raise Interrupted


@pytest.mark.parametrize("answer", SLOW.values(), ids=SLOW)
def test_a_run_that_is_stopped_waits_for_nobody(answer):
    with HttpSource(answer) as source, pytest.raises(Interrupted):
        fetch(source.url, check=Stop(source.was_asked.is_set))


def test_a_run_can_be_stopped_between_two_tries():
    with (
        HttpSource(lambda answer, _: answer.reply(503, Retry_After="900")) as source,
        pytest.raises(Interrupted),
    ):
        # So often it is called only while it waits.
        left = iter(range(5, 0, -1))
        fetch(source.url, check=Stop(lambda: source.was_asked.is_set() and not next(left, 0)))
    assert len(source.asked) == 1


# What is told


def test_no_message_shows_a_secret():
    shown = "key=s3cr%2Ft%20%2B%C3%BC&day=1&again=s3cr%2Ft+%2B%C3%BC"
    with HttpSource(lambda answer, _: answer.reply(403, f"no {SECRET} {shown}".encode())) as source:
        message = failure(f"{source.url}/?{shown}", secrets=(SECRET, ""), headers={"X-Key": SECRET})
    assert message == (
        f"GET {source.url}/?key=***&day=1&again=***: status 403: no *** key=***&day=1&again=***;"
        " check its credentials"
    )
    assert source.asked[0].headers["x-key"].encode("latin-1").decode() == SECRET


def test_no_request_shows_itself():
    request = Request("http://127.0.0.1/?key=s3cret", {"X-Key": "s3cret"}, b"s3cret", secrets=("s3cret",))
    assert "s3cret" not in repr(request) + repr(Asking(request).sending(1))


@pytest.mark.parametrize(
    "url",
    [
        "http://me:s3cret@127.0.0.1/",
        "https://s3cret@127.0.0.1/",
        "http:/me:s3cret@127.0.0.1/",
        "http://me:s3cret/@127.0.0.1/",
        "http:\\\\me:s3cret@127.0.0.1/",
    ],
)
def test_an_address_with_a_user_is_refused_unseen(url):
    message = failure(url)
    assert "s3cret" not in message
    assert "without a user" in message


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1/", "", "http://", "http://a\nb/", "http://\ud800/"],
)
def test_what_is_no_address_is_refused(url):
    assert "no address that can be asked" in failure(url)


def test_no_message_has_control_characters():
    with HttpSource(
        lambda answer, _: answer.reply(404, b"a\x00b\x1b[2Jc\xff\r\n\r\nd" + b"e" * 1000)
    ) as source:
        message = failure(source.url)
    assert message.isprintable()
    assert "status 404: a b [2Jc\N{REPLACEMENT CHARACTER} dee" in message
    assert len(message) < 400


@pytest.mark.parametrize(
    "header",
    [
        {"X-Key": "a\r\nX-Other: b"},
        {"X-Key": "a\nX-Other: b"},
        {"X-Key": "a\x00"},
        {"X:": "a"},
        {"": "a"},
        {"Host": "other.example"},
        {"content-length": "9"},
        {"Range": "bytes=0-1"},
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(header):
    with HttpSource(lambda answer, _: answer.reply(200)) as source:
        assert "header " in failure(source.url, headers=header)
    assert source.asked == []
