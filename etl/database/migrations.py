"""Applies `sql/schema/`: numbered files, each once, in order, in one short transaction."""

from contextlib import nullcontext
from pathlib import Path

from psycopg2.errorcodes import INSUFFICIENT_PRIVILEGE
from psycopg2.errors import lookup
from psycopg2.extensions import connection as Connection

from etl import sentences
from etl.database.connection import lock_for_transaction, transaction
from etl.database.queries import SQL_DIR, execute
from etl.errors import SqlError
from etl.log import log

InsufficientPrivilege = lookup(INSUFFICIENT_PRIVILEGE)
SCHEMA_DIR = SQL_DIR / "schema"


def files(folder: Path = SCHEMA_DIR) -> dict[int, Path]:
    """The schema files by version number, ascending."""
    return {int(path.name[:3]): path for path in sorted(folder.glob("[0-9][0-9][0-9]_*.sql"))}


def apply(connection: Connection, keep: bool = True, folder: Path = SCHEMA_DIR) -> int:
    """Bring the database to the newest version; do nothing if it is there already.

    Parameters
    ----------
    connection : Connection
        In autocommit mode; with `keep` False inside the caller's transaction.
    keep : bool
        False leaves commit and rollback to the caller (a dry run).
    folder : Path
        Where the numbered files are.

    Returns
    -------
    int
        How many files were applied.

    Raises
    ------
    SqlError
        If the database was made by a newer Meterhouse.
    """
    steps = files(folder)
    if recorded(connection) == max(steps):
        return 0
    with transaction(connection) if keep else nullcontext():
        try:
            return _apply_missing(connection, steps)
        except InsufficientPrivilege as error:
            raise SqlError(sentences.NO_SCHEMA, reason=error.diag.message_primary) from error


def recorded(connection: Connection) -> int:
    """The version the database says it has; 0 for a fresh one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.schema_version') IS NOT NULL")
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute("SELECT coalesce(max(version), 0) FROM public.schema_version")
        (version,) = cursor.fetchone() or (0,)
        return version


def _apply_missing(connection: Connection, steps: dict[int, Path]) -> int:
    with connection.cursor() as cursor:
        # A reader in the way must fail the upgrade, not queue every other reader behind it.
        cursor.execute("SET LOCAL lock_timeout = '5s'")
    lock_for_transaction(connection, "schema")
    found = recorded(connection)
    if found > max(steps):
        raise SqlError(sentences.NEWER_SCHEMA, found=found)
    missing = [version for version in steps if version > found]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS public.schema_version"
            " (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        for version in missing:
            execute(cursor, steps[version].read_text(), None, steps[version])
            cursor.execute("INSERT INTO public.schema_version (version) VALUES (%s)", (version,))
            log.info("step", sql=f"sql/schema/{steps[version].name}", rows=0)
        cursor.execute("SET LOCAL lock_timeout = 0")
    return len(missing)
