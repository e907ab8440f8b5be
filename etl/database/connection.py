"""Connections, the one owner of commit and rollback, savepoints and locks."""

from collections.abc import Generator
from contextlib import contextmanager, suppress

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import parse_dsn

from etl import sentences
from etl.config import Config
from etl.database import embedded
from etl.errors import AlreadyRunning, DatabaseUnavailable
from etl.log import log, mask

APPLICATION = "meterhouse "
OLDEST_SERVER = 170_000
LOCKS_WANTED = 1_024
# The first key of every advisory lock here, so that other users of the database keep theirs.
LOCK_SPACE = 0x4D48


def connect(config: Config, purpose: str) -> Connection:
    """Open a connection in autocommit mode; without DATABASE_URL to the embedded server.

    Parameters
    ----------
    config : Config
        Settings.
    purpose : str
        Shown in `pg_stat_activity`.

    Raises
    ------
    DatabaseUnavailable
        If nothing answers or the server is older than PostgreSQL 17.
    """
    url = config.database_url or embedded.start(config)
    try:
        connection = psycopg2.connect(
            url,
            connect_timeout=10,
            application_name=f"{APPLICATION}{purpose}",
        )
    except (psycopg2.Error, ValueError) as error:
        raise DatabaseUnavailable(_unreachable(error, config)) from None
    if connection.server_version < OLDEST_SERVER:
        found = connection.server_version // 10_000
        connection.close()
        raise DatabaseUnavailable(sentences.OLD_SERVER, found=found)
    connection.autocommit = True
    with connection.cursor() as cursor:
        # Without this an orphaned backend works on, and keeps its locks, after its client is killed.
        cursor.execute("SET client_connection_check_interval = '1s'; SET search_path = public")
    return connection


def warn_of_few_locks(connection: Connection) -> None:
    """Say what to set on a server whose lock table is small for years of partitions."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_locks_per_transaction")
        (found,) = cursor.fetchone() or ("0",)
    if int(found) < LOCKS_WANTED:
        log.warning(
            "max_locks_per_transaction is small: queries over many partitions may fail;"
            f" set it to {LOCKS_WANTED} in postgresql.conf and restart the server",
            found=int(found),
        )


@contextmanager
def transaction(connection: Connection, keep: bool = True) -> Generator[None]:
    """Run the block as one transaction: commit at its end, roll back on any exception.

    Parameters
    ----------
    connection : Connection
        In autocommit mode before and after.
    keep : bool
        False rolls back at the end as well (a dry run).
    """
    connection.autocommit = False
    try:
        yield
        if keep:
            connection.commit()
    finally:
        if not connection.closed:
            connection.rollback()
            connection.autocommit = True


@contextmanager
def savepoint(connection: Connection, name: str) -> Generator[None]:
    """Undo the block, and nothing else of the transaction, on any exception.

    Parameters
    ----------
    connection : Connection
        Inside a transaction.
    name : str
        Of the savepoint.
    """
    point = sql.Identifier(name)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SAVEPOINT {}").format(point))
        try:
            yield
        except BaseException:
            if not connection.closed:
                # Going back leaves the savepoint open: what follows would still be within it.
                cursor.execute(sql.SQL("ROLLBACK TO SAVEPOINT {}").format(point))
                cursor.execute(sql.SQL("RELEASE SAVEPOINT {}").format(point))
            raise
        cursor.execute(sql.SQL("RELEASE SAVEPOINT {}").format(point))


def job_lock_key(job: str, subject: str = "") -> tuple[int, str]:
    """The two parts of the advisory lock of a job, or of one subject of it; the second is hashed."""
    return LOCK_SPACE, f"job {job} {subject}".rstrip()


@contextmanager
def job_lock(connection: Connection, job: str, subject: str = "") -> Generator[None]:
    """Hold the lock that makes `job` run once at a time; it also ends with the connection.

    Parameters
    ----------
    connection : Connection
        In autocommit mode; the lock is the session's.
    job : str
        The job's name.
    subject : str
        What the run is about: runs about another one go on beside it.

    Raises
    ------
    AlreadyRunning
        If another connection holds it.
    """
    key = job_lock_key(job, subject)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", key)
        if cursor.fetchone() != (True,):
            raise AlreadyRunning
        try:
            yield
        finally:
            # A server notices a closed connection a little late: the next run must not find it locked.
            with suppress(psycopg2.Error):
                cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", key)


def lock_for_transaction(connection: Connection, name: str) -> None:
    """Wait for the lock `name` and hold it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", (LOCK_SPACE, name))
        if cursor.fetchone() != (True,):
            log.warning("waiting for a lock: another job, or a data patch left open", lock=name)
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", (LOCK_SPACE, name))


def _unreachable(error: Exception, config: Config) -> str:
    """Say why there is no connection, but nothing of a URL in which a password may stand anywhere."""
    try:
        parts = parse_dsn(config.database_url)
    except psycopg2.Error:
        parts = {"port": "none"}
    if "@" in parts.get("host", "") or not parts.get("port", "5432").replace(",", "").isdigit():
        return sentences.NO_URL
    reason = mask(" ".join(str(error).split()), (*config.secrets, parts.get("password", "***")))
    return sentences.NO_ANSWER % {"reason": reason}
