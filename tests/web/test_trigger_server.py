"""Runs that are triggered over HTTP, at the viewer as the operator starts it."""

import http.client
import json
from contextlib import closing

import psycopg2
import pytest

from etl.database.connection import lock_for_transaction
from tests.integration.processes import wait_until
from tests.web.operators import ROOT, add_token
from tests.web.test_servers import GUNICORN, Server, free_port


@pytest.fixture
def start(tmp_path, world):
    """Starts viewers, and stops what is left of them."""
    servers = []

    def started() -> Server:
        port = free_port()
        servers.append(Server(GUNICORN, port, tmp_path))
        wait_until(servers[-1].answers, "the viewer")
        return servers[-1]

    yield started
    for server in servers:
        server.clean_up()


def ask(server: Server, token: str, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request(method, ROOT + path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def test_a_triggered_run_outlives_the_viewer(world, start):
    world.put_masters()
    world.put_users("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00:00,1")
    token = add_token(world)
    first = start()
    with closing(psycopg2.connect(world.connection.dsn)) as other:
        lock_for_transaction(other, "readings")
        status, answer = ask(first, token, "POST", "/trigger", {"job_name": "consumption"})
        assert status == 202
        uuid = answer["execution_uuid"]
        wait_until(lambda: "pid" in ask(first, token, "GET", f"/runs/{uuid}")[1]["metadata"], "the run")
        assert first.end() == 0
        second = start()
        assert ask(second, token, "GET", f"/runs/{uuid}")[1]["status"] == "RUNNING"
        assert ask(second, token, "POST", "/trigger", {"job_name": "consumption"})[0] == 409
    wait_until(lambda: ask(second, token, "GET", f"/runs/{uuid}")[1]["status"] != "RUNNING", "its end")
    run = ask(second, token, "GET", f"/runs/{uuid}")[1]
    assert (
        run["status"],
        run["metadata"]["units"]["readings"]["inserted"],
        run["metadata"]["triggered_by"],
    ) == ("SUCCESS", 1, "alice")
    assert second.end() == 0
