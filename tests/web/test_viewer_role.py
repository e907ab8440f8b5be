"""The role that the viewer signs in to the database as: one for each database, and what it may do."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg2
import pytest

from etl import config as settings
from etl.config import Config
from etl.database import migrations, viewer_role
from tests.conftest import TEMPLATE, _database
from tests.web.people import Person, add
from tests.web.site import Viewer
from tests.world import DAY, World
from web.data.database import Database

TABLES = ("account", "api_token", "session", "failed_sign_in", "known_network")


@contextmanager
def signed_in(world: World):
    """A connection as the viewer's role, without what the viewer sets on its own connections."""
    login = viewer_role.find(settings.load())
    assert login
    dsn = world.connection.dsn
    with closing(psycopg2.connect(dsn, user=login.name, password=login.password)) as connection:
        connection.autocommit = True
        yield connection


def test_the_viewer_signs_in_as_a_role_that_is_nobody_else(small):
    database = Database(settings.load(), 1)
    with database._connection() as connection, connection.cursor() as cursor:
        for statement in ("SET ROLE NONE", "RESET ROLE", "RESET SESSION AUTHORIZATION"):
            cursor.execute(statement)
            cursor.execute("SELECT session_user = current_user, current_user")
            assert cursor.fetchone() == (True, viewer_role.find(settings.load()).name)
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute("SELECT FROM public.reading")
        for role in ("postgres", "meterhouse_web", "pg_read_all_data"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"SET ROLE {role}")
    granted = small.rows(
        "SELECT FROM pg_auth_members JOIN pg_roles r ON r.oid = member WHERE rolname = %s",
        viewer_role.find(settings.load()).name,
    )
    assert granted == []


@pytest.mark.parametrize("table", TABLES)
def test_the_tables_of_sign_in_are_closed_to_it(small, table):
    with signed_in(small) as connection, connection.cursor() as cursor:
        for statement in ("SELECT * FROM access.{}", "DELETE FROM access.{}", "TRUNCATE access.{}"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(statement.format(table))
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT access.admit(current_user)")


def test_who_may_read_the_views_sees_nothing_of_sign_in(small):
    assert (
        small.rows(
            "SELECT relname FROM pg_class"
            " WHERE relnamespace = 'web'::regnamespace AND relname ~ 'account|token'"
        )
        == []
    )
    name = viewer_role.find(settings.load()).name
    schemas = "SELECT nspname FROM pg_namespace WHERE has_schema_privilege(%s, oid, 'USAGE')"
    assert {row[0] for row in small.rows(schemas, name)} == {
        "web",
        "access",
        "public",
        "pg_catalog",
        "information_schema",
    }


def test_the_shared_role_of_before_may_read_nothing(small):
    may = "SELECT has_schema_privilege('meterhouse_web', 'web', 'USAGE')"
    assert small.value(may) is False
    may = "SELECT bool_or(has_table_privilege('meterhouse_web', oid, 'SELECT')) FROM pg_class"
    assert small.value(f"{may} WHERE relnamespace = 'web'::regnamespace") is False


def test_a_second_database_has_a_role_of_its_own(small, tmp_path, monkeypatch):
    first = viewer_role.find(settings.load())
    databases = _database(TEMPLATE)
    with monkeypatch.context() as patch:
        other = World(tmp_path / "other", next(databases), patch)
        other.set(STATE_DIR=str(small.state))
        other.start("9,a1,t1")
        second = viewer_role.find(settings.load())
        assert second and second.name != first.name
        assert Viewer().get().ids == [9]
        stranger = psycopg2.connect(other.connection.dsn, user=first.name)
        with closing(stranger), pytest.raises(psycopg2.errors.InsufficientPrivilege):
            stranger.cursor().execute("SELECT FROM web.user")
        other.close()
    next(databases, None)
    assert viewer_role.find(settings.load()) == first
    assert Viewer().get().ids == [5, 6, 7]


def test_the_password_is_kept_for_this_user_alone_and_told_to_nobody(small, capfd):
    small.run("--date", DAY)
    (path,) = small.state.glob(".viewer_role-*")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    password = viewer_role.find(settings.load()).password
    logs = "".join(log.read_text() for log in (small.root / "logs").glob("*"))
    assert password not in logs + "".join(capfd.readouterr())
    assert password not in repr(viewer_role.find(settings.load()))


def test_a_lost_file_costs_a_new_role_and_nothing_else(small):
    (path,) = small.state.glob(".viewer_role-*")
    before = path.read_text()
    path.unlink()
    assert "run the batch" in Viewer().get().main
    assert small.run("--date", DAY).code == 0
    assert path.read_text() != before
    assert Viewer().get().status == 200


def test_a_file_that_holds_no_role_is_named(small):
    (path,) = small.state.glob(".viewer_role-*")
    path.write_text("half")
    result = small.call("--date", DAY)
    assert result.code != 0 and str(path) in result.err and "Traceback" not in result.err


@pytest.fixture
def plain(world, empty_database_url, monkeypatch) -> Iterator[World]:
    """An inbox with a user, and a database without a schema."""
    made = World(world.root / "plain", empty_database_url, monkeypatch)
    made.put_masters()
    made.put_users("5,a1,t1")
    yield made
    made.close()


def give(world: World, rights: str) -> None:
    """Give the database to an owner with these rights, and let the batch be that one."""
    database = world.value("SELECT current_database()")
    owner = f"owner_{database}"
    world.do(f"CREATE ROLE {owner} LOGIN PASSWORD 'topsecret' NOSUPERUSER {rights}")
    world.do(f"ALTER DATABASE {database} OWNER TO {owner}")
    world.set(DATABASE_URL=os.environ["DATABASE_URL"].replace("postgres:@", f"{owner}:topsecret@", 1))


def test_an_owner_who_may_make_roles_makes_the_viewers(plain):
    give(plain, "CREATEROLE")
    result = plain.call("--date", DAY)
    assert result.code == 0, result.err
    viewer = Viewer()
    assert viewer.get().ids == [5]
    add(viewer, "vera", "viewer")
    assert Person(viewer).sign_in("vera").status == 303


def test_an_owner_who_may_make_no_roles_is_told_what_to_do(plain):
    give(plain, "NOCREATEROLE")
    result = plain.call("--date", DAY)
    assert result.code == 0, result.err
    assert "CREATEROLE" in result.err and "WEB_DATABASE_URL" in result.err
    assert "topsecret" not in result.err
    assert "run the batch" in Viewer().get().main
    # What docs/viewer.md says: made by somebody who may, admitted by the owner.
    url = os.environ["DATABASE_URL"]
    reader = f"reader_{plain.value('SELECT current_database()')}"
    plain.do(f"CREATE ROLE {reader} LOGIN PASSWORD 'topsecret'")
    with closing(psycopg2.connect(url)) as owner, owner, owner.cursor() as cursor:
        cursor.execute("SELECT access.admit(%s)", (reader,))
    plain.set(WEB_DATABASE_URL=url.replace("//owner_", "//reader_", 1))
    viewer = Viewer()
    assert viewer.get().ids == [5]
    add(viewer, "vera", "viewer")
    assert Person(viewer).sign_in("vera").status == 303
    assert "CREATEROLE" not in plain.call("--date", DAY).err


def test_accounts_and_tokens_survive_the_upgrade(empty_database_url, tmp_path):
    older = tmp_path / "schema"
    older.mkdir()
    for number, path in migrations.files().items():
        if number < 15:
            (older / path.name).write_text(path.read_text())
    with closing(psycopg2.connect(empty_database_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        migrations.apply(connection, folder=older)
        cursor.execute("INSERT INTO account (name, role, password_hash) VALUES ('vera', 'admin', 'h')")
        cursor.execute("INSERT INTO api_token (account_id, name, token_hash) VALUES (1, 'ci', 't')")
        assert migrations.apply(connection) > 0
        config = Config(database_url=empty_database_url, state_dir=tmp_path / "state")
        viewer_role.ensure(connection, config)
        database = Database(config, 1)
        assert database.query("sign_in/account_named", account_name="vera") == (1, "vera", "admin", "h")
        assert database.query("sign_in/account_of_token", token_hash="t") == (1, "vera", "admin")
        cursor.execute("INSERT INTO access.account (name, role, password_hash) VALUES ('a', 'viewer', 'h')")
        cursor.execute("SELECT max(id) FROM access.account")
        assert cursor.fetchone() == (2,)
