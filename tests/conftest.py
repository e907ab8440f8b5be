"""A real PostgreSQL for the tests: one embedded server a session, one template, one clone a test."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from hypothesis import settings

from etl import language
from etl.config import SINGLE
from etl.database import migrations, server
from tests.influx import WITHOUT
from tests.world import World

# Machines are shared and noisy: an example may take long, and that is no failure.
settings.register_profile("meterhouse", deadline=None)
settings.load_profile("meterhouse")

URL_VARIABLE = "MH_TEST_SERVER"
TEMPLATE = "mh_template"
ROOM_BYTES = 4 * 2**30


def pytest_configure(config):
    """Start the server in the controlling process, before it starts its workers."""
    for name in SINGLE:
        os.environ.pop(name.upper(), None)
    if hasattr(config, "workerinput") or URL_VARIABLE in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="mh", dir=_in_memory()))
    config.mh_folder = folder
    url = server.start(folder)
    os.environ[URL_VARIABLE] = url
    with closing(_connection(url)) as admin, admin.cursor() as cursor:
        # The tests' cluster is thrown away: nothing in it has to survive a power cut.
        cursor.execute("ALTER SYSTEM SET fsync = off")
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute(f"CREATE DATABASE {TEMPLATE}")
    template = _connection(_named(url, TEMPLATE))
    migrations.apply(template)
    template.close()


def pytest_terminal_summary(terminalreporter):
    """Say aloud that the archive was not tested: a skipped test is only a letter otherwise."""
    skipped = [one for one in terminalreporter.stats.get("skipped", ()) if WITHOUT in str(one.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests skipped: {skipped[0].longrepr[2]}", red=True)


def _in_memory() -> Path | None:
    """Where files cost least, if it has room for a cluster: every test makes and drops hundreds of tables."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES else None


def pytest_unconfigure(config):
    """Stop the server that this process started."""
    folder = getattr(config, "mh_folder", None)
    if folder:
        server.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    """Every test runs in a folder of its own, with none of our settings in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in (*SINGLE, *language.VARIABLES):
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def empty_database_url() -> Iterator[str]:
    """A database without any table."""
    yield from _database("template1")


@pytest.fixture
def database_url() -> Iterator[str]:
    """A database with the schema and no rows."""
    yield from _database(TEMPLATE)


@pytest.fixture
def world(tmp_path, database_url, monkeypatch) -> Iterator[World]:
    """An inbox and a database, and the command line to bring them together."""
    made = World(tmp_path, database_url, monkeypatch)
    yield made
    made.close()


def _database(template: str) -> Iterator[str]:
    url, name = os.environ[URL_VARIABLE], f"t_{uuid.uuid4().hex}"
    with closing(_connection(url)) as admin, admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield _named(url, name)
    with closing(_connection(url)) as admin, admin.cursor() as cursor:
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _connection(url: str):
    connection = psycopg2.connect(url)
    connection.autocommit = True
    return connection


def _named(url: str, name: str) -> str:
    return url.replace("/postgres?", f"/{name}?")


@pytest.fixture
def other_disk(world):
    """Completed files go to another file system, one by one: that takes a while."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        if Path(folder).stat().st_dev == world.data.stat().st_dev:
            pytest.skip("/dev/shm is no file system of its own here")
        (world.data / "completion").symlink_to(folder)
        yield
