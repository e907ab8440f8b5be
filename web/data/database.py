"""The viewer's connections: read-only, bounded, and replaced when they die."""

import queue
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import IO, Any, TypeVar

import psycopg2
from psycopg2.errors import lookup
from psycopg2.extensions import QueryCanceledError
from psycopg2.extensions import connection as Connection

from etl.config import Config
from etl.database import embedded, viewer_role
from etl.database.connection import transaction
from etl.database.queries import Sql, execute, load
from etl.errors import DatabaseUnavailable, SqlError
from web.http import metrics

Result = TypeVar("Result")
InvalidStatementName = lookup("26000")
WAIT_SECONDS = 10
STATEMENT_SECONDS = 30
InsufficientPrivilege = lookup("42501")
# invalid_schema_name, undefined_table, undefined_column, undefined_function
NOT_READY = tuple(lookup(code) for code in ("3F000", "42P01", "42703", "42883"))


class NotReady(DatabaseUnavailable):
    """The database has no tables for the viewer yet: run the batch once (make batch), then come back."""


class NoRole(DatabaseUnavailable):
    """The viewer has no role with rights in this database: run the batch once; docs/viewer.md says more."""


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
        self._idle: queue.LifoQueue[Connection | None] = queue.LifoQueue(size)
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
            As the file's suffix says; see `etl.database.queries.Sql`.

        Raises
        ------
        NotReady
            If schema `web` is not there, or not as new as this viewer.
        NoRole
            If there is no role to sign in as, or it lacks rights.
        Busy
            If no connection is free, or the statement takes too long.
        DatabaseUnavailable
            If nothing answers.
        """
        return self._on_a_live_one(lambda connection: Sql(connection)(name, batched=True, **parameters))

    def change(self, name: str, **parameters: Any) -> Any:
        """Run `sql/<name>.sql` in a transaction that may write, for what the role may write: see `query`."""

        def work(connection: Connection) -> Any:
            with transaction(connection):
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION READ WRITE")
                return Sql(connection)(name, batched=True, **parameters)

        return self._on_a_live_one(work)

    def prepared(self, name: str, *parameters: Any) -> tuple | None:
        """Fetch the row of `sql/<name>.sql`, planned once a connection: for what every request asks.

        Parameters
        ----------
        name : str
            Folder and stem of a file that names no parameter.
        *parameters
            What it calls `$1` and so on.

        Raises
        ------
        DatabaseUnavailable
            As `query`.
        """
        return self._on_a_live_one(lambda connection: _execute_prepared(connection, name, parameters))

    def copy(self, name: str, file: IO[bytes], **parameters: Any) -> None:
        """Write all rows of `sql/<name>.sql` to a file as CSV with a head: no row of them is held here.

        Parameters
        ----------
        name : str
            Folder and stem of the file.
        file : file
            Empty; it may be written again from its beginning.
        **parameters
            Exactly those the file declares.

        Raises
        ------
        DatabaseUnavailable
            As `query`.
        """
        self._on_a_live_one(lambda connection: _copy(connection, name, file, parameters))

    def _on_a_live_one(self, work: Callable[[Connection], Result]) -> Result:
        # Each thread may put a dead one back before the first of them has noticed.
        for _ in range(self._idle.maxsize + 1):
            try:
                with self._connection() as connection:
                    return _translated(connection, work)
            except _Dead:
                self._drop_idle()
        raise DatabaseUnavailable

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
        url, login = config.web_database_url, None
        if not url:
            url = config.database_url or self._embedded()
            login = viewer_role.find(config)
            if login is None:
                raise NoRole
        try:
            connection = psycopg2.connect(
                url,
                **({"user": login.name, "password": login.password} if login else {}),
                connect_timeout=WAIT_SECONDS,
                application_name="meterhouse web",
                options=f"-c default_transaction_read_only=on -c search_path=web"
                # else `prepared` would plan again for each request
                f" -c plan_cache_mode=force_generic_plan -c statement_timeout={STATEMENT_SECONDS}s",
            )
        except psycopg2.OperationalError as error:
            if login and login.name in str(error):
                raise NoRole from error
            raise DatabaseUnavailable("the database does not answer; try again in a moment") from error
        connection.autocommit = True
        return connection

    def _embedded(self) -> str:
        with self._starting:
            return embedded.start(self._config)

    def _drop_idle(self) -> None:
        """After one death the others are dead too, most likely: the server was restarted."""
        taken = []
        with suppress(queue.Empty):
            while True:
                taken.append(self._idle.get_nowait())
        for connection in taken:
            if connection is not None:
                connection.close()
                metrics.CONNECTIONS.dec()
            self._idle.put(None)


class _Dead(Exception):
    """The connection died under the query."""


def _copy(connection: Connection, name: str, file: IO[bytes], parameters: dict[str, Any]) -> None:
    file.seek(0)
    file.truncate()
    with connection.cursor() as cursor:
        rows = cursor.mogrify(load(name).text.rstrip().rstrip(";"), parameters).decode()
        cursor.copy_expert(f"COPY ({rows}) TO STDOUT (FORMAT csv, HEADER)", file)


def _execute_prepared(connection: Connection, name: str, parameters: tuple) -> tuple | None:
    query = load(name)
    statement = query.path.stem
    call = f"EXECUTE {statement}" + (f" ({', '.join(['%s'] * len(parameters))})" if parameters else "")
    with connection.cursor() as cursor:
        try:
            cursor.execute(call, parameters)
        except InvalidStatementName:
            execute(cursor, f"PREPARE {statement} AS {query.text}", None, query.path)
            cursor.execute(call, parameters)
        return cursor.fetchone()


def _translated(connection: Connection, work: Callable[[Connection], Result]) -> Result:
    """Do the work; an error of the driver becomes one of ours, or `_Dead`."""
    try:
        return work(connection)
    except QueryCanceledError as error:
        raise Busy from error
    except (psycopg2.Error, SqlError) as error:
        cause = error.__cause__ if isinstance(error, SqlError) else error
        if connection.closed or isinstance(cause, psycopg2.InterfaceError):
            connection.close()
            raise _Dead from error
        if isinstance(cause, InsufficientPrivilege):
            raise NoRole from error
        if isinstance(cause, NOT_READY):
            raise NotReady from error
        raise
