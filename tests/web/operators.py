"""Machines and people with rights: tokens for the API, and runs that are in the history already."""

import json
import secrets
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from werkzeug.test import TestResponse

from etl.database.connection import lock_for_transaction
from tests.web.site import Viewer
from tests.world import World
from web.access.accounts import password_hash, token_hash

ROOT = "/api/v1/data-collection"
PASSWORD = "correct horse battery"
NEWEST = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
PATIENCE = 60


def add_account(world: World, name: str = "alice", role: str = "admin") -> int:
    """Add somebody who signs in with `PASSWORD`."""
    return world.value(
        "INSERT INTO access.account (name, role, password_hash) VALUES (%s, %s, %s) RETURNING id",
        name,
        role,
        password_hash(PASSWORD),
    )


def add_token(world: World, name: str = "alice", role: str = "admin") -> str:
    """A token of a new account."""
    token = secrets.token_urlsafe(32)
    world.do(
        "INSERT INTO access.api_token (account_id, name, token_hash) VALUES (%s, 'ci', %s)",
        add_account(world, name, role),
        token_hash(token),
    )
    return token


def add_runs(world: World, count: int, **columns: Any) -> None:
    """Runs that ended, a day apart, the newest at `NEWEST`."""
    given = {"job_name": "consumption", "status": "SUCCESS", "data_source": '["consumption"]', **columns}
    names = ", ".join(given)
    world.do(
        f"INSERT INTO run (execution_uuid, started_at, finished_at, duration_seconds, {names})"
        " SELECT gen_random_uuid(), at, at + interval '93 s', 93,"
        f" {', '.join(['%s'] * len(given))}"
        " FROM (SELECT %s::timestamptz - n * interval '1 d' AS at FROM generate_series(0, %s - 1) AS n) AS t",
        *given.values(),
        NEWEST,
        count,
    )


@contextmanager
def held_up(world: World) -> Generator[None]:
    """Runs of the batch wait within."""
    with closing(psycopg2.connect(world.connection.dsn)) as other:
        lock_for_transaction(other, "readings")
        yield


class Api:
    """The API as a machine asks it."""

    def __init__(self, viewer: Viewer, token: str = "") -> None:
        self.client = viewer.client
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **parameters: Any) -> TestResponse:
        """GET below `ROOT`."""
        return self.client.get(ROOT + path, query_string=parameters or None, headers=self.headers)

    def post(self, path: str, body: Any, **headers: str) -> TestResponse:
        """POST JSON below `ROOT`."""
        given = {"Content-Type": "application/json", **self.headers, **headers}
        return self.client.post(ROOT + path, data=json.dumps(body), headers=given)

    def run(self, execution_uuid: str) -> dict[str, Any]:
        """A run as the API shows it."""
        answer = self.get(f"/runs/{execution_uuid}")
        assert answer.status_code == 200, answer.text
        return answer.json

    def wait_for(self, execution_uuid: str, is_so: Callable[[dict], bool]) -> dict[str, Any]:
        """The run, once it is so."""
        until = time.monotonic() + PATIENCE
        while not is_so(run := self.run(execution_uuid)):
            assert time.monotonic() < until, run
            time.sleep(0.1)
        return run

    def ended(self, execution_uuid: str) -> dict[str, Any]:
        """The run, once it has ended."""
        return self.wait_for(execution_uuid, lambda run: run["status"] != "RUNNING")


def unknown_uuid() -> str:
    """Of no run."""
    return str(uuid.uuid4())


def is_problem(answer: TestResponse, status: int) -> bool:
    """Whether an answer is problem details of that status."""
    body = answer.get_json()
    return (
        answer.status_code == status
        and answer.mimetype == "application/problem+json"
        and body["status"] == status
        and bool(body["title"])
        and bool(body["detail"])
    )


def yesterday(days: int = 1) -> str:
    """A date some days ago in Tokyo."""
    return (datetime.now(UTC) + timedelta(hours=9) - timedelta(days=days)).date().isoformat()
