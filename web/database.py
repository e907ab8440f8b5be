"""The viewer's connections: read-only, bounded, and replaced when they die."""

import queue
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2.errors import lookup
from psycopg2.extensions import QueryCanceledError
from psycopg2.extensions import connection as Connection

from etl import server
from etl.config import Config
from etl.errors import DatabaseUnavailable, SqlError
from etl.queries import Sql
from web import metrics

ROLE = "meterhouse_web"
WAIT_SECONDS = 10
STATEMENT_SECONDS = 30
# insufficient_privilege, invalid_schema_name, undefined_table, undefined_column
NOT_READY = tuple(lookup(code) for code in ("42501", "3F000", "42P01", "42703"))


class NotReady(DatabaseUnavailable):
    """The database has no tables for the viewer yet: run the batch once (make batch), then come back."""


class NoRole(DatabaseUnavailable):
    """The viewer has no role to read with: set WEB_DATABASE_URL, as README says (The viewer)."""


class Busy(DatabaseUnavailable):
    """The database is busy; try again in a moment."""


class Database:
    """At most `size` connections, opened when first needed.

    Parameters
    ----------
    config : Config
        WEB_DATABASE_URL, or DATABASE_URL, or the embedded server.
    size : int
        As many as there are threads: then nobody waits for one.
    """

    def __init__(self, config: Config, size: int) -> None:
        self._config = config
        self._url = ""
        self._starting = threading.Lock()
        self._idle: queue.LifoQueue[Connection | None] = queue.LifoQueue()
        for _ in range(size):
            self._idle.put(None)

    def query(self, name: str, **parameters: Any) -> Any:
        """Run `sql/<name>.sql`, on a new connection if the one at hand is dead.

        Parameters
        ----------
        name : str
            Folder and stem of the file.
        **parameters
            Exactly those the file declares.

        Returns
        -------
        list of tuple, tuple or Any
            As the file's suffix says; see `etl.queries.Sql`.

        Raises
        ------
        NotReady
            If schema `web` is not there, or not as new as this viewer.
        Busy
            If no connection is free, or the statement takes too long.
        DatabaseUnavailable
            If nothing answers.
        """
        try:
            with self._connection() as connection:
                return _run(connection, name, parameters)
        except _Dead:
            pass
        self._drop_idle()
        try:
            with self._connection() as connection:
                return _run(connection, name, parameters)
        except _Dead as dead:
            raise DatabaseUnavailable from dead

    @contextmanager
    def _connection(self) -> Generator[Connection]:
        try:
            connection = self._idle.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            raise Busy from None
        try:
            if connection is None:
                connection = self._connect()
                metrics.CONNECTIONS.inc()
            yield connection
        finally:
            if connection is not None and connection.closed:
                metrics.CONNECTIONS.dec()
                connection = None
            self._idle.put(connection)

    def _connect(self) -> Connection:
        config = self._config
        role = "" if config.web_database_url else f" -c role={ROLE}"
        try:
            connection = psycopg2.connect(
                config.web_database_url or config.database_url or self._embedded(),
                connect_timeout=WAIT_SECONDS,
                application_name="meterhouse web",
                options=f"-c default_transaction_read_only=on -c search_path=web"
                f" -c statement_timeout={STATEMENT_SECONDS}s{role}",
            )
        except psycopg2.OperationalError as error:
            if ROLE in str(error):
                raise NoRole from error
            raise DatabaseUnavailable("the database does not answer; try again in a moment") from error
        connection.autocommit = True
        return connection

    def _embedded(self) -> str:
        with self._starting:
            return server.start(self._config.data_dir)

    def _drop_idle(self) -> None:
        """After one death the others are dead too, most likely: the server was restarted."""
        for _ in range(self._idle.qsize()):
            try:
                connection = self._idle.get_nowait()
            except queue.Empty:
                return
            if connection is not None:
                connection.close()
                metrics.CONNECTIONS.dec()
            self._idle.put(None)


class _Dead(Exception):
    """The connection died under the query."""


def _run(connection: Connection, name: str, parameters: dict[str, Any]) -> Any:
    try:
        return Sql(connection)(name, batched=True, **parameters)
    except QueryCanceledError as error:
        raise Busy from error
    except psycopg2.Error as error:
        _close_broken(connection, error)
        raise
    except SqlError as error:
        if isinstance(error.__cause__, psycopg2.Error):
            _close_broken(connection, error.__cause__)
        if isinstance(error.__cause__, NOT_READY):
            raise NotReady from error
        raise


def _close_broken(connection: Connection, error: psycopg2.Error) -> None:
    if connection.closed or isinstance(error, psycopg2.InterfaceError):
        connection.close()
        raise _Dead from error
