"""Clients that send slowly, too much, or take no answer: they hold no thread, and others are served."""

import http.client
import json
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.web.people import PASSWORD, add, add_token
from tests.web.site import Viewer
from tests.web.test_servers import GUNICORN, PATIENCE, Server, start  # noqa: F401 - a fixture
from web.http.patient_worker import MOST_HANDED_OVER, MOST_KEPT

SLOW = {
    "nothing": b"",
    "half a request line": b"GET /heal",
    "no end of the headers": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ",
    "no body": b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n",
    "half a body": b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nname=ada",
}
MEGABYTE = 1024 * 1024
# Four threads of one worker; more connections than it has threads.
THREADS, SLOW_ONES = "4", 8
# Far less than a slow client may take, far more than an answer takes on a busy machine.
QUICKLY = 5


@contextmanager
def connections(server: Server, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """So many open connections that have sent this."""
    with ExitStack() as stack:
        opened = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE))
            for _ in range(count)
        ]
        for client in opened:
            client.sendall(sent)
        yield opened


def seconds(server: Server) -> float:
    """How long /healthz takes."""
    started = time.monotonic()
    assert server.get("/healthz") == (200, "ok\n")
    return time.monotonic() - started


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_slow_clients_stop_nobody(small, start, sent):  # noqa: F811 - the fixture
    server = start(GUNICORN, WEB_THREADS=THREADS)
    with connections(server, SLOW_ONES, sent) as slow:
        time.sleep(0.2)
        assert max(seconds(server) for _ in range(5)) < QUICKLY
        for client in slow:
            client.send(b"x")
        assert seconds(server) < QUICKLY


def test_a_slow_client_is_dropped_in_time(small, start):  # noqa: F811 - the fixture
    server = start(GUNICORN)
    with connections(server, 1, SLOW["half a body"]) as (client,):
        started = time.monotonic()
        assert client.recv(100) == b""
        assert time.monotonic() - started < 15


def test_many_slow_clients_do_not_fill_the_server(small, start):  # noqa: F811 - the fixture
    server = start(GUNICORN, WEB_THREADS=THREADS)
    with connections(server, 150, SLOW["no end of the headers"]):
        assert seconds(server) < QUICKLY


def test_a_request_may_come_in_pieces_and_several_on_one_connection(small, start):  # noqa: F811 - the fixture
    server = start(GUNICORN)
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connections(server, 1, b"") as (client,):
        for _ in range(2):
            for place in range(0, len(request), 9):
                client.sendall(request[place : place + 9])
                time.sleep(0.02)
            answer = http.client.HTTPResponse(client)
            answer.begin()
            assert (answer.status, answer.read()) == (200, b"ok\n")
    with connections(server, 1, request * 2 + request[:20]) as (client,):
        time.sleep(0.3)
        client.sendall(request[20:-2] + b"Connection: close\r\n\r\n")
        assert client.makefile("rb").read().count(b"ok\n") == 3


def test_a_body_may_have_a_megabyte(small, start):  # noqa: F811 - the fixture
    viewer = Viewer()
    add(viewer, "ada", "admin")
    token = add_token(viewer, "ada")
    server = start(GUNICORN)
    path = "/api/v1/data-collection/trigger"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for size, status in ((MEGABYTE, 400), (MEGABYTE + 1, 413), (30 * MEGABYTE, 413)):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
        body = json.dumps({"no_such_field": ""}).encode()
        try:
            connection.request("POST", path, body + b" " * (size - len(body)), headers)
        except (BrokenPipeError, ConnectionResetError):
            assert status == 413
        answer = connection.getresponse()
        told = json.loads(answer.read())
        assert (answer.status, told["status"]) == (status, status), size
        assert answer.headers["Content-Type"] == "application/problem+json"
        connection.close()
    status, page = post(server, "/sign-in", b"name=" + b"x" * MEGABYTE)
    assert status == 413 and "<h1" in page
    assert PASSWORD not in server.said and "Traceback" not in server.said


def post(server: Server, path: str, body: bytes) -> tuple[int, str]:
    """Status and body of the answer to a form."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_of_many_faults_of_a_request_the_first_are_named(small, viewer):
    add(viewer, "ada", "admin")
    headers = {"Authorization": f"Bearer {add_token(viewer, 'ada')}"}
    wrong = {f"field{number}": 1 for number in range(20_000)}
    answer = viewer.client.post("/api/v1/data-collection/runs/search", json=wrong, headers=headers)
    *named, more = answer.json["errors"]
    assert (answer.status_code, len(named)) == (400, 20)
    assert more == {"field": "body", "reason": "19980 more are wrong"}
    assert len(answer.data) < 5_000


def test_a_body_without_a_length_is_refused(small, start):  # noqa: F811 - the fixture
    server = start(GUNICORN)
    sent = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    with connections(server, 1, sent) as (client,):
        assert client.recv(100).startswith(b"HTTP/1.1 411 ")
    assert seconds(server) < QUICKLY


def test_who_takes_no_answer_holds_no_thread_for_ever(small, start):  # noqa: F811 - the fixture
    """And who leaves the connection open after the last answer holds up nobody."""
    server = start(GUNICORN, WEB_THREADS=THREADS)
    asks = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    with connections(server, SLOW_ONES, asks):
        assert seconds(server) < QUICKLY


def test_whoever_waits_for_the_database_does_not_stop_the_check_of_health(small, start):  # noqa: F811 - the fixture
    server = start(GUNICORN, WEB_THREADS="2")
    small.do("BEGIN; LOCK TABLE load_profile, load_by_date, user_total, area, tariff")
    asks = b"GET /?measure=total HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connections(server, SLOW_ONES, asks) as asking:
        time.sleep(0.5)
        assert max(seconds(server) for _ in range(5)) < QUICKLY
        small.do("ROLLBACK")
        for client in asking:
            assert client.recv(12) == b"HTTP/1.1 200"


@contextmanager
def asking(server: Server, paths: list[str]) -> Iterator[list[socket.socket]]:
    """Clients that ask for a page each, and wait."""
    with ExitStack() as stack:
        clients = []
        for path in paths:
            client = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
            clients.append(stack.enter_context(client))
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            # Else it could be among a hundred unfinished ones, of which the oldest is dropped.
            time.sleep(0.005)
        yield clients


def answered(clients: list[socket.socket]) -> list[socket.socket]:
    """Those who have an answer, or a part of it."""
    return select.select(clients, [], [], 0)[0]


def test_forty_new_pages_at_once_do_not_stop_the_check_of_health(small, start):  # noqa: F811 - the fixture
    server = start(GUNICORN)
    small.do("BEGIN; LOCK TABLE load_profile, load_by_date, user_total, area, tariff")
    pages = [
        f"/?measure={kind}&start_date=2026-03-{day:02}" for kind in ("mean", "total") for day in range(1, 21)
    ]
    with asking(server, pages) as clients:
        for _ in range(5):
            assert server.get("/healthz") == (200, "ok\n")
        assert answered(clients) == []
        small.do("ROLLBACK")
        assert {client.recv(12) for client in clients} == {b"HTTP/1.1 200"}


def test_who_is_one_too_many_is_told_to_come_back(small, start):  # noqa: F811 - the fixture
    server = start(GUNICORN)
    small.do("BEGIN; LOCK TABLE load_profile, load_by_date, user_total, area, tariff")
    with asking(server, ["/"] * (MOST_HANDED_OVER + 20)) as clients:
        wait, refused = clients[:MOST_HANDED_OVER], clients[MOST_HANDED_OVER:]
        for client in refused:
            answer = client.makefile("rb").read()
            assert answer.startswith(b"HTTP/1.1 503 ") and b"\r\nRetry-After: 10\r\n" in answer
            head, _, body = answer.partition(b"\r\n\r\n")
            assert f"Content-Length: {len(body)}".encode() in head
        assert answered(wait) == []
        small.do("ROLLBACK")
        assert {client.recv(12) for client in wait} == {b"HTTP/1.1 200"}
    assert server.get("/")[0] == 200


def test_few_connections_are_kept_open_after_an_answer(small, start):  # noqa: F811 - the fixture
    server = start(GUNICORN)
    with asking(server, ["/healthz"] * (MOST_KEPT + 20)) as clients:
        answers = [client.recv(1000) for client in clients]
        closed = [one for one in answers if b"Connection: close" in one]
        assert all(b"ok\n" in one for one in answers)
        assert len(closed) == 20
