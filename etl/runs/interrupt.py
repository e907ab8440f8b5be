"""SIGINT and SIGTERM end a run cleanly, also in the middle of a long statement."""

import signal
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

import psycopg2
from psycopg2.extensions import connection as Connection

from etl.errors import Interrupted

Result = TypeVar("Result")
POLL_SECONDS = 0.1
PATIENCE_SECONDS = 1.0


class Stop:
    """Whether the run has been asked to stop, and how to make its connections notice."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._connections: list[Connection] = []

    @property
    def requested(self) -> bool:
        """True once a signal came."""
        return self._asked.is_set()

    @property
    def is_watching(self) -> bool:
        """Whether any connection is at work."""
        return bool(self._connections)

    def request(self) -> None:
        """Ask the run to stop."""
        self._asked.set()

    def check(self) -> None:
        """Raise if a stop was asked for; called between steps.

        Raises
        ------
        Interrupted
            If so.
        """
        if self.requested:
            raise Interrupted

    @contextmanager
    def watching(self, connection: Connection) -> Generator[None]:
        """Cancel what `connection` is doing if a stop is asked for within the block."""
        self._connections.append(connection)
        try:
            yield
        finally:
            self._connections.remove(connection)

    def cancel_statements(self) -> None:
        """Cancel the running statements; psycopg2 itself would wait for their end."""
        for connection in list(self._connections):
            try:
                connection.cancel()
            except psycopg2.Error:
                continue


def run_stoppable(work: Callable[[Stop], Result]) -> Result:
    """Run `work` in a thread while the main thread listens for signals.

    Parameters
    ----------
    work : callable
        Gets the `Stop` to check and to register its connections with.

    Returns
    -------
    Result
        What `work` returns; what it raises is raised here.
    """
    stop, patience = Stop(), PATIENCE_SECONDS

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop.request()
        # A second one ends the process at once; the next run marks this one abandoned.
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    future: Future[Result] = Future()
    worker = threading.Thread(target=_fill, args=(future, work, stop), daemon=True)
    worker.start()
    try:
        while worker.is_alive():
            worker.join(POLL_SECONDS)
            if stop.requested:
                stop.cancel_statements()
                patience -= POLL_SECONDS
            if patience < 0 and not stop.is_watching:
                raise Interrupted  # still connecting: there is nothing to roll back yet
        return future.result()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _fill(future: Future, work: Callable[[Stop], Result], stop: Stop) -> None:
    try:
        future.set_result(work(stop))
    except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it
        future.set_exception(error)
