"""What is asked of InfluxDB, and what becomes of recorded answers, those of InfluxDB 2 among them."""

import itertools
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from etl.config import Config
from etl.errors import Interrupted, SourceFailed, UsageError
from etl.sources import influx_http
from etl.sources.influx import Influx, Points
from tests.unit.sources.recorded import FIRST_LINE, LAST_LINE, WHOLE, recorded

START = datetime(2026, 4, 1, tzinfo=UTC)
TOKEN = "t0ken-7f3a=="
PASSWORD = "p4ss-word"


def read(address: str, check: Callable[[], None] = lambda: None, **settings: object) -> list[Points]:
    config = Config.model_validate({"influx_url": address, **settings})
    return list(Influx(config, check).points(START, START + timedelta(days=1)))


def failure(body: str, status: int = 200, **headers: str) -> str:
    """The message about a recorded answer; no secret is in it, whatever the answer quotes."""
    with recorded(body, status, **headers) as server, pytest.raises(SourceFailed) as failed:
        read(server.url, influx_token=TOKEN, influx_password=PASSWORD)
    assert TOKEN not in str(failed.value)
    assert PASSWORD not in str(failed.value)
    return str(failed.value).replace(server.url, "http://influxdb:8086")


# What is asked


def test_the_requests_are_these():
    with recorded() as server:
        pieces = read(server.url, influx_bucket="home")
    assert [piece.source for piece in pieces] == ["meter1", "meter1"]
    assert [piece.values[2].to_pylist() for piece in pieces] == [[None], [0]]
    assert {(one["db"], one["epoch"], one["chunked"], one["chunk_size"]) for one in server.asked} == {
        ("home", "ns", "true", "10000")
    }
    assert {one["Accept-Encoding"] for one in server.headers} == {"identity"}
    span = 'FROM "power" WHERE time >= 1775001600000000000 AND time < 1775088000000000000'
    names = ['"instant_power_w"', '"energy_import_kwh"', '"energy_export_kwh"']
    assert server.statements == [
        *(
            f"SELECT {', '.join(f'{name}::{kind}' for name in names)} {span} LIMIT 1"
            for kind in ("string", "boolean")
        ),
        'SHOW MEASUREMENTS WITH MEASUREMENT = "power"',
        f'SELECT {", ".join(names)} {span} GROUP BY "source"',
    ]


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({}, None),
        ({"influx_token": TOKEN}, f"Token {TOKEN}"),
        ({"influx_username": "aki", "influx_password": PASSWORD}, "Basic YWtpOnA0c3Mtd29yZA=="),
        ({"influx_token": TOKEN, "influx_username": "aki"}, f"Token {TOKEN}"),
    ],
    ids=["nobody", "token", "user", "both"],
)
def test_who_asks_is_told_as_the_settings_say(settings, sent, tmp_path, monkeypatch):
    """And not as ~/.netrc does."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with recorded() as server:
        read(server.url, **settings)
    assert {headers["Authorization"] for headers in server.headers} == {sent}


def test_no_proxy_of_the_environment_is_asked(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with recorded() as server:
        assert len(read(server.url)) == 2


def test_certificates_of_the_environment_hold(monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    with recorded() as server, pytest.raises(SourceFailed, match=r"invalid path: /nowhere/ca\.pem"):
        read(server.url.replace("http:", "https:"))


def test_a_redirection_is_not_followed():
    with recorded() as other:
        message = failure("", 302, Location=f"{other.url}/query")
    assert "status 302: nothing; check INFLUX_URL" in message
    assert other.headers == []


@pytest.mark.parametrize("address", ["http://aki:geheim@influxdb:8086", "http://influxdb:none", "http://"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(UsageError, match="INFLUX_URL") as refused:
        read(address)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("token", ["two\nlines", "日本"])
def test_a_token_that_is_none_is_no_traceback(token):
    with recorded() as server:
        if "\n" not in token:
            read(server.url, influx_token=token)
            return
        with pytest.raises(SourceFailed, match="check INFLUX_URL") as failed:
            read(server.url, influx_token=token)
    assert "two" not in str(failed.value)


# What comes


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (
            401,
            '{"code":"unauthorized","message":"unauthorized access"}',
            "status 401: unauthorized access; check INFLUX_TOKEN, or INFLUX_USERNAME and INFLUX_PASSWORD",
        ),
        (
            401,
            '{"error":"authorization failed"}',
            "status 401: authorization failed; check INFLUX_TOKEN, or INFLUX_USERNAME and INFLUX_PASSWORD",
        ),
        (
            404,
            '{"code":"not found","message":"no dbrp mapping found"}',
            "status 404: no dbrp mapping found; check INFLUX_BUCKET: InfluxDB 2 needs a DBRP",
        ),
        (403, f"token {TOKEN} is no good", "status 403: token *** is no good; check INFLUX_TOKEN,"),
        (502, "<html>\n<h1>Bad Gateway</h1>", "status 502: <html> <h1>Bad Gateway</h1>; check INFLUX_URL"),
        (200, "<html>\n<h1>Welcome</h1>", "this is no answer of InfluxDB: <html>; check INFLUX_URL"),
        (200, '["list"]', 'this is no answer of InfluxDB: ["list"]; check INFLUX_URL'),
        (200, '{"results":[{"series":[{}]}]}', "this is no answer of InfluxDB: {"),
        (200, "", "the answer broke off; run again"),
        (200, FIRST_LINE, "the answer broke off; run again"),
        (200, f"{FIRST_LINE}\n{LAST_LINE[:-9]}", "this is no answer of InfluxDB: {"),
        (200, WHOLE + '{"error":"engine: closed"}', ": engine: closed"),
        (
            200,
            FIRST_LINE + '\n{"results":[{"statement_id":0,"error":"query-timeout limit exceeded"}]}',
            "query-timeout limit exceeded; raise query-timeout in InfluxDB's configuration",
        ),
    ],
)
def test_an_answer_that_is_not_whole_is_told(status, body, told):
    message = failure(body, status)
    assert told in message
    asked = "power from 2026-04-01T00:00:00Z to 2026-04-02T00:00:00Z"
    assert message.startswith(f"InfluxDB at http://influxdb:8086, asked for {asked}: ")
    assert "\n" not in message


def test_an_answer_in_one_line_is_taken():
    """As a server gives it that knows no `chunked`: several series in a line."""
    body = LAST_LINE.replace("}]}]}", "},") + LAST_LINE.partition('"series":[')[2].replace("meter1", "meter2")
    with recorded(body) as server:
        assert [piece.source for piece in read(server.url)] == ["meter1", "meter2"]


# Time


def test_a_silent_server_is_given_up(monkeypatch):
    monkeypatch.setattr(influx_http, "READ_SECONDS", 0.2)
    with recorded(None) as server, pytest.raises(SourceFailed, match=r"nothing came for 0\.2 s; look at"):
        read(server.url)


def stop_after(calls: int) -> Callable[[], None]:
    """A run's `check` that raises from that call on."""
    count = itertools.count(1)

    def check() -> None:
        if next(count) > calls:
            raise Interrupted

    return check


def test_a_run_can_be_stopped_while_a_server_thinks():
    with recorded(None) as server, pytest.raises(Interrupted):
        read(server.url, stop_after(12))


def test_a_run_can_be_stopped_before_a_server_accepts():
    with closing(socket.create_server(("127.0.0.1", 0))) as mute, pytest.raises(Interrupted):
        read(f"http://127.0.0.1:{mute.getsockname()[1]}", stop_after(3))


def test_nothing_is_read_on_when_nobody_wants_it():
    before = set(threading.enumerate())
    with recorded(f"{FIRST_LINE}\n" * 100 + LAST_LINE) as server:
        points = Influx(Config(influx_url=server.url), lambda: None).points(START, START + timedelta(days=1))
        next(points)
        points.close()
        (thread,) = (one for one in set(threading.enumerate()) - before if one.name == "ahead")
        thread.join(60)
        assert not thread.is_alive()
