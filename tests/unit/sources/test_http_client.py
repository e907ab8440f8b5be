"""Answers over HTTP: what is sent, what comes back, what is asked again."""

import gzip

import pytest

from etl.config import Config
from etl.sources.http_client import HttpClient
from etl.sources.http_messages import Request, Validators
from tests.http_source import HttpSource
from tests.unit.sources.clients import FOR_EVER, HERE, failure, fetch, proceed

ETAG, DATE = '"v1"', "Wed, 01 Apr 2026 00:00:00 GMT"
LOST = {
    "no answer": lambda answer: answer.raw(),
    "half a status": lambda answer: answer.raw(b"HTTP/1.1 2"),
    "half a header": lambda answer: answer.raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "half a body": lambda answer: answer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[1,"),
    "half a chunk": lambda answer: answer.raw(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n[1,"
    ),
    "no last chunk": lambda answer: answer.raw(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n"
    ),
}


def test_a_get_sends_headers_and_gets_all():
    def answer(answer, _number):
        answer.begin(200, Content_Length="2", ETag=ETAG, Last_Modified=DATE, Link="<a>; rel=next", LINK="<b>")
        answer.wfile.write(b"[]")

    with HttpSource(answer) as source:
        response = fetch(
            f"{source.url}/a b?x=東#f", headers={"X-Key": "k", "X-Empty": "", "Accept": "text/csv"}
        )
    (asked,) = source.asked
    assert (asked.method, asked.path, asked.body) == ("GET", "/a%20b?x=%E6%9D%B1", b"")
    expected = {"x-key": "k", "x-empty": "", "accept": "text/csv", "accept-encoding": "gzip"}
    assert expected.items() <= asked.headers.items()
    assert (response.status, response.body, response.is_unchanged) == (200, b"[]", False)
    assert response.headers["link"] == "<a>; rel=next, <b>"
    assert response.validators == (ETAG, DATE)
    assert response.url == f"{source.url}/a%20b?x=%E6%9D%B1#f"


def test_a_body_is_sent_by_post():
    with HttpSource(lambda answer, _: answer.reply(201, b"{}")) as source:
        response = fetch(source.url, body=b'{"from": 1}\x00', headers={"Content-Type": "application/json"})
    (asked,) = source.asked
    assert (asked.method, asked.body) == ("POST", b'{"from": 1}\x00')
    assert asked.headers["content-type"] == "application/json"
    assert (response.status, response.body) == (201, b"{}")


def test_a_gzip_is_expanded():
    body = b"time,kwh\n" * 1000
    with HttpSource(
        lambda answer, _: answer.reply(200, gzip.compress(body), Content_Encoding="gzip")
    ) as source:
        assert fetch(source.url).body == body


def test_what_did_not_change_is_told():
    with HttpSource(lambda answer, _: answer.begin(304, ETag='"v2"')) as source:
        response = fetch(source.url, validators=Validators(ETAG, DATE))
    (asked,) = source.asked
    assert (asked.headers["if-none-match"], asked.headers["if-modified-since"]) == (ETAG, DATE)
    assert response.is_unchanged
    assert (response.body, response.validators) == (b"", ('"v2"', DATE))


def test_nobody_said_what_it_would_have_changed_from():
    with HttpSource(lambda answer, _: answer.begin(304)) as source:
        assert "status 304" in failure(source.url)


def test_a_part_is_not_the_whole():
    with HttpSource(lambda answer, _: answer.reply(206, b"[1", Content_Range="bytes 0-1/9")) as source:
        assert "status 206: [1; check the address" in failure(source.url)


def test_connections_are_kept_for_the_next_request():
    peers = []

    def answer(answer, _number):
        peers.append(answer.client_address)
        answer.reply(200)

    with (
        HttpSource(answer) as source,
        HttpClient(Config(source_allowed_networks=HERE), proceed, FOR_EVER) as client,
    ):
        for page in range(3):
            client.fetch(Request(f"{source.url}/?page={page}"))
    assert len(peers) == 3
    assert len(set(peers)) == 1


# Again


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_source_that_is_busy_is_asked_again(status):
    def answer(answer, number):
        answer.reply(200, b"[]") if number == 4 else answer.reply(status, b"busy", Retry_After="0")

    with HttpSource(answer) as source:
        assert fetch(source.url).body == b"[]"
    assert len(source.asked) == 4


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_after_a_lost_connection_it_is_asked_again(lost):
    with HttpSource(
        lambda answer, number: answer.reply(200, b"[]") if number == 2 else lost(answer)
    ) as source:
        assert fetch(source.url).body == b"[]"
    assert len(source.asked) == 2


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_half_an_answer_is_never_given(lost):
    with HttpSource(lambda answer, _: lost(answer)) as source:
        assert "(after 4 tries)" in failure(source.url)


def test_another_address_of_the_name_is_no_matter():
    with HttpSource(
        lambda answer, number: answer.reply(200, b"[]") if number == 2 else answer.raw()
    ) as source:
        # It may be ::1 as well, which is not allowed here.
        assert fetch(f"http://localhost:{source.server_port}/").body == b"[]"
    assert len(source.asked) == 2


def test_after_four_tries_it_is_told():
    with HttpSource(lambda answer, _: answer.reply(503, b"try\nlater")) as source:
        message = failure(f"{source.url}/day")
    assert len(source.asked) == 4
    told = "status 503: try later (after 4 tries); run again later, or ask who runs it"
    assert message == f"GET {source.url}/day: {told}"


@pytest.mark.parametrize(
    ("status", "advice"), [(400, "parameters"), (401, "credentials"), (404, "address"), (418, "address")]
)
def test_what_the_source_refuses_is_asked_once(status, advice):
    with HttpSource(lambda answer, _: answer.reply(status, b'{"error": "no"}')) as source:
        message = failure(source.url)
    assert len(source.asked) == 1
    assert f'status {status}: {{"error": "no"}}; check' in message
    assert advice in message


@pytest.mark.parametrize("lost", [*LOST.values(), lambda answer: answer.reply(503)])
def test_a_post_is_sent_once(lost):
    with HttpSource(lambda answer, _: lost(answer)) as source:
        assert failure(source.url, body=b"{}").startswith(f"POST {source.url}: ")
    assert len(source.asked) == 1


def test_a_post_is_sent_once_where_a_kept_connection_is_dead():
    def answer(answer, number):
        answer.reply(200) if number == 1 else answer.raw()

    with (
        HttpSource(answer) as source,
        HttpClient(Config(source_allowed_networks=HERE), proceed, FOR_EVER) as client,
    ):
        client.fetch(Request(source.url))
        with pytest.raises(Exception, match="POST"):
            client.fetch(Request(source.url, body=b"{}"))
    assert [one.method for one in source.asked] == ["GET", "POST"]


def test_a_source_says_when_to_come_back():
    with HttpSource(lambda answer, _: answer.reply(429, b"slow down", Retry_After="3600")) as source:
        message = failure(source.url, seconds=100)
    assert len(source.asked) == 1
    assert "status 429: slow down (the next try would be in 3600 s, later than the time it has)" in message
