"""The role that the viewer signs in to the database as: made by the batch, its password kept in STATE_DIR.

Each database has its own, because a role is of the whole server; and each STATE_DIR, so that two machines
which share a database do not change each other's password.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from psycopg2 import ProgrammingError, sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import encrypt_password, parse_dsn

from etl import sentences, state
from etl.config import Config
from etl.database.connection import lock_for_transaction, transaction
from etl.database.migrations import InsufficientPrivilege
from etl.errors import UsageError
from etl.log import log

FILE = ".viewer_role"
PREFIX = "meterhouse_web_"
PLACE = ("service", "host", "hostaddr", "port", "dbname")
HAS_RIGHTS = """
SELECT EXISTS (
    SELECT FROM pg_roles WHERE rolname = %s AND has_schema_privilege(oid, to_regnamespace('access'), 'USAGE')
)
"""


@dataclass(frozen=True)
class Login:
    """Name and password of the role."""

    name: str
    password: str = field(repr=False)


def find(config: Config) -> Login | None:
    """Give the role of the viewer of this database; None if the batch has made none.

    Parameters
    ----------
    config : Config
        DATABASE_URL and STATE_DIR.

    Raises
    ------
    UsageError
        If what is kept is none.
    """
    path = _path(config)
    try:
        return Login(*path.read_text("ascii").split())
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, TypeError):
        raise UsageError(sentences.NO_ROLE, file=path) from None


def ensure(connection: Connection, config: Config) -> None:
    """Make the role unless it is there, or WEB_DATABASE_URL names another; who may not make roles is told.

    Parameters
    ----------
    connection : Connection
        In autocommit mode, to a database with the newest schema.
    config : Config
        DATABASE_URL, WEB_DATABASE_URL and STATE_DIR.
    """
    login = find(config)
    if config.web_database_url or (login and _has_rights(connection, login.name)):
        return
    try:
        with transaction(connection):
            lock_for_transaction(connection, "schema")
            # Another process may have been quicker.
            login = find(config) or Login(PREFIX + secrets.token_hex(8), secrets.token_urlsafe(32))
            _make(connection, login)
            state.write_once(_path(config), f"{login.name}\n{login.password}\n")
    except InsufficientPrivilege as error:
        log.warning(
            "the viewer gets no role of its own: let the role of DATABASE_URL make roles (ALTER ROLE ..."
            " CREATEROLE), or make one and set WEB_DATABASE_URL, as docs/viewer.md says",
            reason=error.diag.message_primary,
        )


def _has_rights(connection: Connection, name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(HAS_RIGHTS, (name,))
        return cursor.fetchone() == (True,)


def _make(connection: Connection, login: Login) -> None:
    role = sql.Identifier(login.name)
    # The server sees no password, and can write none into its log.
    verifier = encrypt_password(login.password, login.name, connection, "scram-sha-256")
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", (login.name,))
        if not cursor.rowcount:
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD %s").format(role), (verifier,))
        cursor.execute("SELECT access.admit(%s)", (login.name,))


def _path(config: Config) -> Path:
    """Name the file after the place of the database: its role is of no use at another."""
    try:
        parts = parse_dsn(config.database_url)
    except ProgrammingError:
        parts = {"host": config.database_url}
    place = repr([parts.get(name) for name in PLACE])
    return state.folder(config) / f"{FILE}-{hashlib.sha256(place.encode()).hexdigest()[:12]}"
