"""No database, the wrong one, or one that says no: one line that says what to do, and no secret in it."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from tests.world import DAY, World

ROOT = Path(__file__).resolve().parents[3]
OLD = Path("/usr/lib/postgresql/15/bin")
SECRET = "s3cr3t-Horse"
GOOD = "2026-03-01 00:00:00,1.5"
COMMANDS = [
    ("--date", DAY),
    ("--date", DAY, "--dry-run"),
    ("--date", DAY, "--json"),
    ("--verify",),
    ("--rebuild",),
]
WHAT_TO_DO = "check the setting and that the server runs"

needs_old_server = pytest.mark.skipif(
    not (OLD / "initdb").exists() or (os.geteuid() == 0 and not shutil.which("runuser")),
    reason=f"no PostgreSQL 15 in {OLD}",
)


@pytest.fixture
def inbox(world):
    """Something to load."""
    world.put_masters()
    world.put_users("5,a1,t1")
    world.put_readings(5, GOOD)
    return world


@pytest.fixture(scope="module")
def old_server() -> Generator[str]:
    """A PostgreSQL 15 that wants a password: its URL without one."""
    folder = Path(tempfile.mkdtemp(prefix="mh15"))
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    try:
        if as_user:
            shutil.chown(folder, "postgres")
        (folder / "pw").write_text(SECRET)
        (folder / "pw").chmod(0o644)
        how = ["--no-sync", "--auth=scram-sha-256", "--username=owner", f"--pwfile={folder}/pw"]
        quiet = {"capture_output": True, "cwd": folder, "timeout": 60}
        subprocess.run([*as_user, OLD / "initdb", "-D", folder / "data", *how], check=True, **quiet)
        start = f"-k {folder} -c listen_addresses= -c fsync=off"
        control = [*as_user, OLD / "pg_ctl", "-D", folder / "data"]
        subprocess.run([*control, "-w", "-l", folder / "log", "-o", start, "start"], check=True, **quiet)
        try:
            yield f"postgresql://owner@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, **quiet)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_server_there(inbox, arguments):
    refused(inbox, f"postgresql://owner:{SECRET}@127.0.0.1:1/mh", WHAT_TO_DO, *arguments)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://owner:{SECRET}@127.0.0.1:noport/mh",
        f"postgresql://owner:{SECRET}@no.such.host.invalid/mh",
        f"postgresql:/owner:{SECRET}@127.0.0.1/mh",
        f"postgres:{SECRET}",
        f"mysql://owner:{SECRET}@127.0.0.1/mh",
        f"postgresql://owner:{SECRET}@127.0.0.1:1/mh?nonsense=1",
        f"postgresql://owner:%zz{SECRET}@127.0.0.1:1/mh",
        f"postgresql://owner:a@{SECRET}@127.0.0.1:1/mh",
        f"postgresql://owner:a/{SECRET}@127.0.0.1:1/mh",
        f"postgresql://owner:{SECRET}/b@127.0.0.1:1/mh",
        f"postgresql://owner:{SECRET}?b@127.0.0.1:1/mh",
        f"postgresql://owner:a#{SECRET}@127.0.0.1:1/mh",
        f"postgresql://owner:a {SECRET}@127.0.0.1:1/mh",
        f"postgresql://owner@127.0.0.1:1/mh?password={SECRET}=",
        f"postgresql://owner@127.0.0.1:1/mh?password={SECRET}&nonsense=1",
        f"host=127.0.0.1 port=1 user=owner password={SECRET} dbname=mh",
        f"host=127.0.0.1 port=1 user=owner password=a {SECRET}",
        f"host=127.0.0.1 port=1 user=owner password='a {SECRET}",
        SECRET,
    ],
)
def test_a_wrong_url_keeps_its_secret(inbox, url):
    refused(inbox, url, WHAT_TO_DO, "--date", DAY)


def test_a_role_or_database_that_is_not_there(inbox):
    for wrong in ({"dbname": "nowhere"}, {"user": "nobody", "password": SECRET}):
        refused(inbox, make_dsn(os.environ["DATABASE_URL"], **wrong), "does not exist", "--date", DAY)


@needs_old_server
def test_a_wrong_password(inbox, old_server):
    url = old_server.replace("owner@", f"owner:{SECRET}x@")
    refused(inbox, url, "password authentication failed", "--date", DAY)


@needs_old_server
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_server_older_than_17(inbox, old_server, arguments):
    url = old_server.replace("owner@", f"owner:{SECRET}@")
    err = refused(inbox, url, "PostgreSQL 15", *arguments)
    assert "17 or newer" in err
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        assert cursor.fetchone() == (0,)


def test_a_role_without_the_right_to_make_tables(inbox, empty_database_url):
    """PostgreSQL gives nobody but the owner that right; the first run says so."""
    role = f"reader_{os.getpid()}"
    inbox.do(f"CREATE ROLE {role} LOGIN PASSWORD '{SECRET}'")
    try:
        url = make_dsn(empty_database_url, user=role, password=SECRET)
        refused(inbox, url, "permission denied", "--date", DAY)
    finally:
        inbox.do(f"DROP ROLE {role}")


@pytest.mark.parametrize("arguments", [("--date", DAY), ("--date", DAY, "--dry-run")], ids=" ".join)
def test_a_read_only_database(inbox, arguments):
    (name,) = inbox.rows("SELECT current_database()")[0]
    inbox.do(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    result = inbox.tell(*arguments)
    assert result.code == 1
    assert "read-only transaction" in result.out + result.err
    assert "Traceback" not in result.out + result.err


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_a_schema_newer_than_the_program(world, arguments):
    loaded(world)
    before, runs = world.dump(), world.value("SELECT count(*) FROM run")
    world.do("INSERT INTO schema_version (version) VALUES (999)")
    world.put_readings(5, "2026-03-01 00:30:00,2")
    result = world.tell(*arguments)
    assert result.code == 1
    told = result.out + result.err
    assert "schema version 999" in told
    assert "update it" in told
    assert "Traceback" not in told
    assert (world.dump(), world.inbox()) == (before, ["consumption/5.csv"])
    assert world.value("SELECT count(*) FROM run") == runs


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("other", [{"TZ": "Europe/Berlin"}, {"CONSUMPTION_UNIT": "kWh"}], ids=str)
def test_another_time_zone_or_unit_than_at_first_is_refused(world, other, arguments):
    loaded(world)
    before = world.dump()
    world.put_readings(5, "2026-03-01 00:30:00,2")
    world.put_users("5,a2,t1")
    world.set(**other)
    result = world.tell(*arguments)
    assert result.code == 1
    told = result.out + result.err
    for said in (
        "TZ=Asia/Tokyo",
        "CONSUMPTION_UNIT=Wh",
        *(f"{k}={v}" for k, v in other.items()),
        "as they were",
    ):
        assert said in told
    assert world.dump() == before
    assert world.inbox() == ["consumption/5.csv", "user_data.csv"]
    if "--json" in arguments or arguments == ("--date", DAY):
        assert world.rows("SELECT status, error_count FROM run ORDER BY id DESC LIMIT 1") == [("FAILURE", 1)]


def test_a_failed_first_import_does_not_settle_time_zone_and_unit(world):
    world.put_masters()
    world.put_users("5,a1,t9")
    world.put_readings(5, GOOD)
    assert world.run("--date", DAY).code == 1
    assert world.rows("SELECT * FROM dataset") == []
    world.set(TZ="Europe/Berlin", CONSUMPTION_UNIT="kWh")
    world.put_users("5,a1,t1")
    assert world.run("--date", DAY).code == 0
    assert world.readings() == [(5, "2026-02-28 23:00:00.000000", "1500")]
    world.verify()


def test_as_a_process_too_it_is_one_line_and_no_traceback(inbox):
    inbox.set(DATABASE_URL=f"postgresql://owner:{SECRET}@127.0.0.1:1/mh")
    done = subprocess.run(
        [sys.executable, "-m", "etl.main"],
        cwd=inbox.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 1
    assert re.fullmatch(r"error: no database answers at DATABASE_URL: .*\n", done.stderr)
    assert SECRET not in done.stdout + done.stderr


def refused(world: World, url: str, said: str, *arguments: str) -> str:
    """Run against `url`: exit 1 and one line that says it; no secret anywhere; the inbox untouched."""
    names = world.inbox()
    world.set(DATABASE_URL=url)
    result = world.tell(*arguments)
    assert result.code == 1
    assert len(errors(result.err)) == 1
    assert said in result.err
    log = (world.root / "logs/meterhouse.log").read_text()
    told = result.out + result.err + log
    assert SECRET not in told
    assert "Traceback" not in told
    assert result.out.strip() in ("", "[]")
    assert world.inbox() == names
    return result.err


def errors(err: str) -> list[str]:
    return [line for line in err.splitlines() if line.startswith("error: ")]


def loaded(world: World) -> None:
    """User 5 with a reading in Tokyo and Wh, and an empty inbox."""
    world.start("5,a1,t1")
    world.put_readings(5, GOOD)
    assert world.run("--date", DAY).code == 0


def test_a_user_whose_contracts_a_data_patch_took_is_named(inbox):
    assert inbox.run("--date", DAY).code == 0
    inbox.do("DELETE FROM contract")
    inbox.put_readings(5, "2026-05-01 00:00:00,1.5")
    found = inbox.run("--date", DAY)
    assert found.code == 1
    assert "user 5 has no contract" in found.records[0]["error_summary"]
