"""A thread that sends rows to the database while the next ones are read and encoded.

A connection does one thing at a time: who has sent anything here must `wait` before using it elsewhere.
"""

from collections.abc import Callable, Iterator
from contextvars import copy_context
from queue import Queue
from threading import Event, Thread
from typing import NamedTuple

from psycopg2 import sql as composed
from psycopg2.extensions import connection as Connection

from etl import sentences
from etl.database.copy_rows import END, SIGNATURE
from etl.errors import CheckFailed

# Enough that neither side waits for a short while of the other; more would only take memory.
AHEAD = 3
# What ended a COPY on the server, a full disk say, shows at the end of it only.
COPY_BYTES = 64 << 20
PART_BYTES = 1 << 20


class Piece(NamedTuple):
    """Rows for a table; those that follow for the same go in one COPY, for each leaves pages empty."""

    table: str
    options: str
    rows: bytes
    count: int


Job = Piece | Callable[[], object]


class Writer:
    """Writes rows and does calls on one connection, in the order in which they are given.

    Parameters
    ----------
    connection : Connection
        Inside the transaction that the rows belong to.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._jobs: Queue[Job] = Queue(AHEAD)
        self._taken: Job | None = None
        self._fault: BaseException | None = None
        self._is_open = True
        # The lines it logs name the run, as all others do.
        self._thread = Thread(target=copy_context().run, args=(self._work,), name="writer", daemon=True)
        self._thread.start()

    def copy(self, table: str, rows: bytes, count: int, freeze: bool = False) -> None:
        """Send rows.

        Parameters
        ----------
        table : str
            That gets them.
        rows : bytes
            As `encoding.to_rows` gives them.
        count : int
            How many they are.
        freeze : bool
            The table is made in this savepoint: its rows need no later look.
        """
        self._put(Piece(table, "FORMAT binary, FREEZE" if freeze else "FORMAT binary", rows, count))

    def call(self, function: Callable[[], object]) -> None:
        """Do something on the connection when all rows sent so far are in their tables."""
        self._put(lambda: None if self._fault else function())

    def wait(self) -> None:
        """Return when everything is done and the connection is free.

        Raises
        ------
        Exception
            What went wrong with anything sent since the last time; nothing after it was done.
        """
        done = Event()
        self._jobs.put(done.set)
        done.wait()
        self._complain()

    def close(self) -> None:
        """End the thread; call `wait` before, unless all is to be undone."""
        self._jobs.put(self._end)
        self._thread.join()

    def _put(self, job: Job) -> None:
        if self._fault:
            self.wait()
        self._jobs.put(job)

    def _complain(self) -> None:
        fault, self._fault = self._fault, None
        if fault:
            raise fault

    def _end(self) -> None:
        self._is_open = False

    def _work(self) -> None:
        while self._is_open:
            job, self._taken = self._taken or self._jobs.get(), None
            try:
                if not isinstance(job, Piece):
                    job()
                elif not self._fault:
                    self._copy(job)
            except BaseException as fault:  # noqa: BLE001 - raised again in the thread that can deal with it
                self._fault = self._fault or fault

    def _copy(self, first: Piece) -> None:
        statement = composed.SQL(f"COPY {{}} FROM STDIN ({first.options})")
        source = _Source(self._following(first))
        with self._connection.cursor() as cursor:
            cursor.copy_expert(statement.format(composed.Identifier(first.table)), source)
            if cursor.rowcount != source.count:
                raise CheckFailed(
                    sentences.ROWS_LOST, sent=source.count, table=first.table, arrived=cursor.rowcount
                )

    def _following(self, first: Piece) -> Iterator[Piece]:
        """Yield this piece and those for the same table, until something else comes or it is enough."""
        job: Job = first
        sent = 0
        while isinstance(job, Piece) and job[:2] == first[:2]:
            yield job
            sent += len(job.rows)
            if sent >= COPY_BYTES:
                return
            job = self._jobs.get()
        self._taken = job


class _Source:
    """Pieces as the file that COPY reads."""

    def __init__(self, pieces: Iterator[Piece]) -> None:
        self.count = 0
        self._parts = self._file(pieces)

    def read(self, _size: int) -> bytes:
        return next(self._parts, b"")

    def _file(self, pieces: Iterator[Piece]) -> Iterator[bytes]:
        yield SIGNATURE
        for piece in pieces:
            self.count += piece.count
            # The driver keeps as much memory as the longest part takes.
            for begin in range(0, len(piece.rows), PART_BYTES):
                yield piece.rows[begin : begin + PART_BYTES]
        yield END
