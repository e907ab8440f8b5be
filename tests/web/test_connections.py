"""The viewer's connections: they may only read, are replaced when they die, and are waited for in vain."""

import os
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg2
import pytest

from etl.config import Config
from tests.conftest import URL_VARIABLE
from tests.integration.processes import holding, wait_until
from tests.web.site import Viewer
from tests.world import World
from web.data import database

OURS = "pg_stat_activity WHERE datname = current_database() AND application_name = 'meterhouse web'"
FORBIDDEN = [
    "INSERT INTO public.area (name) VALUES ('x')",
    "UPDATE public.reading SET energy_wh = 0",
    "DELETE FROM public.contract",
    "DELETE FROM web.area",
    "TRUNCATE public.reading",
    "CREATE TABLE web.mine (a int)",
    "DROP VIEW web.user",
    "SELECT * FROM public.reading",
    "SELECT * FROM public.app_user",
    "SELECT * FROM public.run",
    "SELECT * FROM pg_authid",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY web.area TO PROGRAM 'cat'",
    "SELECT nextval('public.area_id_seq')",
]


def backends(world: World) -> list[int]:
    """The server's processes behind the viewer's connections."""
    return [pid for (pid,) in world.rows(f"SELECT pid FROM {OURS}")]


def kill_backends(world: World) -> int:
    """End them all; how many there were."""
    killed = world.rows(f"SELECT pg_terminate_backend(pid, 10000) FROM {OURS}")
    assert backends(world) == []
    return len(killed)


@pytest.fixture
def admin() -> Iterator[psycopg2.extensions.connection]:
    """A connection to another database of the server."""
    with closing(psycopg2.connect(os.environ[URL_VARIABLE])) as connection:
        connection.autocommit = True
        yield connection


def test_the_viewer_may_read_its_views_and_nothing_else(small):
    pool = database.Database(Config(database_url=small.connection.dsn), 1)
    assert pool.query("web/names")
    with pool._connection() as connection, connection.cursor() as cursor:
        for statement in [*FORBIDDEN, "CREATE TEMP TABLE mine (a int)", "SELECT lo_create(0)"]:
            with pytest.raises(psycopg2.Error) as refused:
                cursor.execute(statement)
            assert refused.value.pgcode in ("42501", "25006"), statement
        # Its role may not either; that it reads only does not hang on a setting it could change.
        cursor.execute("SET default_transaction_read_only = off")
        for statement in FORBIDDEN:
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement)
    assert small.value("SELECT count(*) FROM area") == 2


def test_a_killed_connection_is_replaced_without_a_word(small, viewer):
    for path in ("/", "/users/5", "/users/5/readings.csv", "/readyz", "/users/6"):
        viewer.get("/readyz")
        assert kill_backends(small) >= 1
        assert viewer.get(path).status == 200, path


def test_threads_get_answers_though_all_their_connections_were_killed(small):
    small.set(WEB_THREADS="4")
    viewer = Viewer()
    connect_all(small, viewer, 4)
    before = set(backends(small))
    assert kill_backends(small) == 4
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: viewer.app.test_client().get("/readyz").status_code, range(40)))
    assert answers == [200] * 40
    assert not before & set(backends(small))


def test_after_one_death_the_other_idle_connections_are_dropped_too(small):
    small.set(WEB_THREADS="3")
    viewer = Viewer()
    connect_all(small, viewer, 3)
    before = open_connections(viewer)
    assert kill_backends(small) == 3
    assert viewer.get("/readyz").status == 200
    assert len(backends(small)) == 1
    assert open_connections(viewer) == before - 2, "two are dead and must not be counted as open"


def connect_all(world: World, viewer: Viewer, count: int) -> None:
    """Make the viewer open `count` connections: so many requests wait for a lock at once."""
    with ThreadPoolExecutor(count) as pool:
        with holding(world, "LOCK TABLE dataset IN ACCESS EXCLUSIVE MODE"):
            answers = [pool.submit(viewer.app.test_client().get, "/readyz") for _ in range(count)]
            wait_until(lambda: len(waiting(world)) == count, "requests that wait for a lock")
        assert [answer.result().status_code for answer in answers] == [200] * count
    assert len(backends(world)) == count


def waiting(world: World) -> list[int]:
    """Those of them that wait for a lock."""
    return [pid for (pid,) in world.rows(f"SELECT pid FROM {OURS} AND wait_event_type = 'Lock'")]


def open_connections(viewer: Viewer) -> int:
    """What /metrics says of open connections, of all viewers in this process."""
    lines = viewer.get("/metrics").text.splitlines()
    (line,) = [line for line in lines if line.startswith("meterhouse_database_connections ")]
    return int(float(line.split()[1]))


def test_the_pool_never_holds_more_connections_than_threads(small):
    small.set(WEB_THREADS="2")
    viewer = Viewer()
    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda n: viewer.app.test_client().get(f"/users/{5 + n % 3}").status_code, range(30))
        )
    assert answers == [200] * 30
    assert 1 <= len(backends(small)) <= 2


def test_a_request_that_gets_no_connection_is_told_to_come_back(small, monkeypatch):
    monkeypatch.setattr(database, "WAIT_SECONDS", 1)
    small.set(WEB_THREADS="1")
    viewer = Viewer()
    done = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with holding(small, "LOCK TABLE dataset IN ACCESS EXCLUSIVE MODE"):
            answer = pool.submit(viewer.app.test_client().get, "/readyz")
            answer.add_done_callback(lambda _: done.set())
            wait_until(lambda: len(waiting(small)) == 1, "a request that waits for a lock")
            busy = viewer.get("/")
            assert (busy.status, "busy" in busy.main) == (503, True)
            assert int(busy.headers["Retry-After"]) > 0
            assert viewer.get("/healthz").status == 200
            assert not done.is_set()
        assert answer.result().status_code == 200
    assert viewer.get("/").status == 200


def test_a_statement_that_takes_too_long_is_cancelled(small, monkeypatch):
    monkeypatch.setattr(database, "STATEMENT_SECONDS", 1)
    viewer = Viewer()
    with holding(small, "LOCK TABLE load_profile IN ACCESS EXCLUSIVE MODE"):
        page = viewer.get("/")
        assert (page.status, "busy" in page.main, "Retry-After" in page.headers) == (503, True, True)
        assert waiting(small) == []
    assert viewer.get("/").status == 200


def test_a_role_of_its_own_is_used_as_given(small, admin):
    name = f"reader_{uuid.uuid4().hex[:12]}"
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'topsecret'")
    small.do("SELECT access.admit(%s)", name)
    try:
        url = os.environ["DATABASE_URL"].replace("postgres:@", f"{name}:topsecret@", 1)
        assert name in url
        small.set(WEB_DATABASE_URL=url, DATABASE_URL="postgresql://127.0.0.1:1/none")
        viewer = Viewer()
        assert (viewer.get("/").status, viewer.get("/users/5").status) == (200, 200)
        assert small.rows(f"SELECT DISTINCT usename FROM {OURS}") == [(name,)]
        assert "topsecret" not in repr(viewer.app.extensions["meterhouse"].config)
        kill_backends(small)
    finally:
        with admin.cursor() as cursor:
            small.do(f"DROP OWNED BY {name}")
            cursor.execute(f"DROP ROLE {name}")
