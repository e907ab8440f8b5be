"""gunicorn's threaded worker, but a request gets a thread only when it is here as a whole.

The loop that accepts connections gathers headers and bodies: else a few clients who send slowly would hold
all threads, and stop the viewer. A request that is not here in time is dropped.
"""

import re
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

from web.http.exposure import MOST_BODY_BYTES

# From the first byte to the last of headers and body.
READ_SECONDS = 10
# A reader who takes an answer slower than this loses it, and gives the thread back.
WRITE_SECONDS = 60
# And for the few bytes of an address that has one thread for all.
QUICK_SECONDS = 1
# How long the rest of a body that is refused is thrown away, so that the client reads the refusal.
REFUSED_SECONDS = 2
MOST_GATHERED = 100
# Requests of a worker that have a thread or wait for one, and connections kept open after an answer: gunicorn
# accepts no connection at all, not even for /healthz, when it has a thousand.
MOST_HANDED_OVER = 100
MOST_KEPT = 100
MOST_HEADER_BYTES = 64 * 1024
CHUNK = 64 * 1024
END = b"\r\n\r\n"
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*(?=\r\n)", re.IGNORECASE)
# Needs no database and takes no time: it has a thread of its own, so that no other request can stop it.
QUICK = re.compile(rb"(?:GET|HEAD) /healthz[ ?]")
ENCODED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 42\r\n\r\nthe viewer is busy; try again in a moment\n"
)
NO_LENGTH = b"HTTP/1.1 411 Length Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Socket(socket.socket):
    """One that waits, but not for ever."""

    patience = WRITE_SECONDS

    def setblocking(self, flag: bool) -> None:
        """Wait for `patience` at most, or not at all."""
        self.settimeout(self.patience if flag else 0)


class Connection(TConn):
    """A connection, what it has sent so far, and until when it may send the rest."""

    parser: Any
    gathered: bytearray
    # Of what was gathered, how much has no end of the headers; and how much makes the request whole.
    searched = 0
    needed: int | None = None
    deadline = 0.0
    is_cut = False

    def prepare(self) -> None:
        """Let the parser read what was gathered, and never wait for more."""
        self.init()
        self.parser.unreader.chunk = lambda _size=None: b""
        self.parser.unreader.unread(bytes(self.gathered))
        self.gathered = bytearray()

    def close(self, graceful: bool = False) -> None:
        """Close at once: gunicorn's graceful way would hold up all others."""
        util.close(self.sock)


class PatientWorker(ThreadWorker):
    """Gathers requests in the loop that accepts connections."""

    poller: selectors.BaseSelector
    tpool: ThreadPoolExecutor

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: dict[Connection, None] = {}
        self.handed_over: set[Connection] = set()
        self.max_keepalived = MOST_KEPT
        self.quick = ThreadPoolExecutor(1)

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection; of too many unfinished ones the oldest is dropped."""
        try:
            accepted, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        if len(self.waiting) >= MOST_GATHERED:
            self._drop(next(iter(self.waiting)))
        patient = Socket(fileno=accepted.detach())
        self.enqueue_req(Connection(self.cfg, patient, address, listener.getsockname()))

    def enqueue_req(self, conn: Connection) -> None:
        """Gather first; a thread gets what is whole."""
        conn.gathered = bytearray(conn.parser.unreader.take_buffered() if conn.parser else b"")
        conn.searched, conn.needed = 0, None
        conn.deadline = time.monotonic() + READ_SECONDS
        self._wait(conn, self._gather)
        self._gather(conn)

    def finish_request(self, conn: Connection, fs: Future) -> None:
        """Keep the connection for the next request; not if the rest of a body is still to come."""
        self.handed_over.discard(conn)
        if not conn.is_cut:
            super().finish_request(conn, fs)
            return
        conn.deadline = time.monotonic() + REFUSED_SECONDS
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
        else:
            self._wait(conn, self._throw_away)

    def murder_pending(self) -> None:
        """Drop whoever is too slow."""
        super().murder_pending()
        now = time.monotonic()
        for conn in [conn for conn in self.waiting if conn.deadline < now]:
            self._drop(conn)

    def _wait(self, conn: Connection, callback: Callable[[Connection], None]) -> None:
        conn.sock.setblocking(False)
        self.waiting[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, lambda _socket: callback(conn))

    def _gather(self, conn: Connection) -> None:
        received = self._receive(conn)
        conn.gathered += received or b""
        if conn.needed is None:
            conn.needed = bytes_needed(conn.gathered, conn.searched)
            conn.searched = max(0, len(conn.gathered) - len(END))
        if conn.needed is not None and len(conn.gathered) >= conn.needed:
            self._hand_over(conn)
        elif received == b"":
            self._drop(conn)

    def _hand_over(self, conn: Connection) -> None:
        head, _, body = conn.gathered.partition(END)
        if ENCODED.search(head):
            # Its end is not known from its beginning: a thread could be made to wait for it.
            self._refuse(conn, NO_LENGTH)
            return
        is_quick = bool(QUICK.match(head))
        if not is_quick:
            if len(self.handed_over) >= MOST_HANDED_OVER:
                self._refuse(conn, BUSY)
                return
            self.handed_over.add(conn)
        conn.is_cut = len(body) < length_of(head)
        conn.sock.patience = QUICK_SECONDS if is_quick else WRITE_SECONDS
        self._stop_waiting(conn)
        conn.prepare()
        pool = self.quick if is_quick else self.tpool
        handled = pool.submit(self.handle, conn)
        handled.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _refuse(self, conn: Connection, answer: bytes) -> None:
        """Answer without a thread."""
        conn.gathered, conn.is_cut = bytearray(), True
        self._stop_waiting(conn)
        try:
            conn.sock.send(answer)
        except OSError:  # it reads nothing, or is gone
            self._close(conn)
        else:
            self.finish_request(conn, Future())

    def _throw_away(self, conn: Connection) -> None:
        if self._receive(conn) == b"":
            self._drop(conn)

    def _receive(self, conn: Connection) -> bytes | None:
        """Take what is here: None if nothing is yet, empty at the end."""
        try:
            return conn.sock.recv(CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def _drop(self, conn: Connection) -> None:
        self._stop_waiting(conn)
        self._close(conn)

    def _stop_waiting(self, conn: Connection) -> None:
        del self.waiting[conn]
        self.poller.unregister(conn.sock)

    def _close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()


def bytes_needed(gathered: bytes | bytearray, searched: int = 0) -> int | None:
    r"""Give how many bytes make a request whole; None if that is not known yet.

    Parameters
    ----------
    gathered : bytes
        From the request line on. Of what is too long the beginning is enough to refuse it.
    searched : int
        So many of them were looked at before.

    Examples
    --------
    >>> head = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n"
    >>> bytes_needed(head), bytes_needed(head + b"\r\n") - len(head)
    (None, 4)
    """
    end = gathered.find(END, searched)
    if end < 0:
        return len(gathered) if len(gathered) > MOST_HEADER_BYTES else None
    length = length_of(gathered[:end])
    return end + len(END) + (length if length <= MOST_BODY_BYTES else 0)


def length_of(head: bytes | bytearray) -> int:
    """Give the length in bytes of the body that these headers announce.

    Parameters
    ----------
    head : bytes
        Without the empty line at its end.
    """
    return max((int(found) for found in LENGTH.findall(head + b"\r\n")), default=0)
