"""The batch as a process of its own: started, watched line by line, signalled, killed, judged."""

import atexit
import csv
import gzip
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import psycopg2

from etl.database import server
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
TOKYO = ZoneInfo("Asia/Tokyo")
PATIENCE = 60.0
# How long a killed run's orphaned backend may keep the lock: client_connection_check_interval, and air.
LOCK_PATIENCE = 5.0
# On a machine with nothing else to do; see `Batch.stop`.
STOP_SECONDS = 2.0

# Of the batch's connections the one that holds the job's lock, and loads.
SERVER_PROCESSES = (
    "pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'meterhouse%%'"
    " AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)"
)

Readings = dict[tuple[int, datetime], Decimal]


class Batch:
    """One `python -m etl.main`, started in `folder` with the environment of the test.

    With `kill_after` it is killed as soon as it has written that many lines.
    """

    def __init__(self, folder: Path, *arguments: str, own_group: bool = False, kill_after: int = 0) -> None:
        self.lines: list[str] = []
        self._seen = threading.Condition()
        self.out = ""
        self._kill_after = kill_after
        self._own_group = own_group
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "etl.main", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=own_group,
        )
        # A failed test must not leave it behind, stopped perhaps.
        atexit.register(self.popen.kill)
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read, self._read_out)]
        for reader in self._readers:
            reader.start()

    @property
    def err(self) -> str:
        return "\n".join(self.lines)

    @property
    def run_ids(self) -> list[str]:
        """The uuids of the runs, as the log lines have them."""
        return list(dict.fromkeys(re.findall(r"\brun=([0-9a-f-]{36})", self.err)))

    @property
    def run_id(self) -> str:
        """The only run's."""
        (found,) = self.run_ids
        return found

    def wait_for(self, text: str) -> None:
        """Wait until a line on stderr has `text`."""
        with self._seen:
            found = self._seen.wait_for(
                lambda: any(text in line for line in self.lines) or not self._readers[0].is_alive(), PATIENCE
            )
            assert found and any(text in line for line in self.lines), f"no {text!r} in: {self.err}"

    def send(self, number: int) -> None:
        """Send a signal, as a terminal does: to the whole group of a process that has its own."""
        (os.killpg if self._own_group else os.kill)(self.popen.pid, number)

    def stop(self, number: int) -> None:
        """Send a signal: it must end the process in time, with 1 and without a traceback."""
        sent_at = time.monotonic()
        self.send(number)
        code = self.finish(patience=20)
        seconds = time.monotonic() - sent_at
        assert "Traceback" not in self.err, self.err
        assert code == 1, self.err
        busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        assert seconds < STOP_SECONDS * busy, f"{seconds:.1f} s, {busy:.1f} times busy: {self.err}"

    def finish(self, patience: float = PATIENCE) -> int:
        """Wait for the end; the exit code."""
        try:
            self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"not ended within {patience:.0f} s: {self.err}") from None
        for reader in self._readers:
            reader.join()
        return self.popen.returncode

    def kill(self) -> int:
        """SIGKILL, and wait."""
        self.popen.kill()
        return self.finish()

    def _read(self) -> None:
        for line in self.popen.stderr:
            with self._seen:
                self.lines.append(line.rstrip("\n"))
                if len(self.lines) == self._kill_after:
                    self.popen.kill()
                self._seen.notify_all()
        with self._seen:
            self._seen.notify_all()

    def _read_out(self) -> None:
        self.out = self.popen.stdout.read()


def ended(world: World, *arguments: str) -> Batch:
    """Run the batch to its end."""
    batch = Batch(world.root, *arguments)
    batch.finish()
    return batch


def run_when_free(world: World, *arguments: str) -> tuple[Batch, float]:
    """Run the batch right after a kill; and how many seconds the killed run's server process lived on."""
    killed_at = time.monotonic()
    orphans = world.value(f"SELECT array_agg(pid) FROM {SERVER_PROCESSES}")
    batch = Batch(world.root, *arguments)
    gone = f"SELECT count(*) = 0 FROM {SERVER_PROCESSES} AND pid = ANY(%s)"
    wait_until(lambda: world.value(gone, orphans or []), "the killed run's server process", LOCK_PATIENCE)
    seconds = time.monotonic() - killed_at
    batch.finish()
    refused = "is running already" in batch.err
    return ended(world, *arguments) if refused else batch, seconds


def wait_until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Poll until `condition` holds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience:.0f} s in vain: {what}"
        time.sleep(0.002)


@contextmanager
def holding(world: World, statement: str, *parameters: object) -> Generator[None]:
    """Another session that has executed `statement` and keeps its transaction open."""
    with closing(psycopg2.connect(world.connection.dsn)) as other, other.cursor() as cursor:
        cursor.execute(statement, parameters)
        yield


def backend(world: World) -> tuple[str, str | None, str]:
    """State, kind of wait and statement of the batch's data connection; empty if there is none."""
    rows = world.rows(f"SELECT state, wait_event_type, query FROM {SERVER_PROCESSES}")
    return rows[0] if rows else ("", None, "")


def is_waiting(world: World, statement: str = "%") -> bool:
    """Whether such a statement of the batch waits for a lock."""
    return world.value(
        "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name LIKE 'meterhouse%%' AND wait_event_type = 'Lock' AND query LIKE %s",
        statement,
    )


def runs(world: World) -> list[tuple[str, str, str | None]]:
    """All runs in order: uuid, status, error."""
    return world.rows("SELECT execution_uuid::text, status, error_summary FROM run ORDER BY id")


def make_inbox(world: World, day: str, files: int, megabytes: int = 0) -> list[str]:
    """Put users and readings of a day: plain and odd lines, repeats, conflicts; the names of the files."""
    rng = random.Random(day)
    users = range(1, files)
    begin = datetime.fromisoformat(day)
    times = [begin + timedelta(minutes=30 * n) for n in range(6)]
    world.put_masters()
    world.put_users(*(f"{user},a{1 + user % 2},t{1 + user % 3}" for user in users))
    for user in users:
        # Every third file has offsets, which only the slow road of the parser can read.
        offset = "+09:00" if user % 3 == 0 else ""
        rows = [f"{at}{offset},{rng.randrange(1000)}.{rng.randrange(10)}" for at in times]
        name = f"{user}.csv.gz" if user % 50 == 0 else ""
        world.put_readings(user, *rows, rows[0], f"{times[1]},0.5", name=name)
    # Spaces can make it long enough for batches and a savepoint of its own.
    spaces = " " * (megabytes * 1_000_000 // files)
    late = [f"{user},{times[user % 6] + timedelta(hours=6)}{spaces},{user}.25" for user in users[::2]]
    padded = "\n".join(["user_id,datetime,consumption", *late, *late])
    (world.data / "consumption" / "many.csv.gz").write_bytes(gzip.compress(padded.encode(), 1))
    return world.inbox()


def registered(folder: Path) -> Readings:
    """What a first-wins import of consumption files gives, found without the program's code."""
    found: Readings = {}
    for path in sorted(folder.iterdir(), key=_reading_order):
        for user, at, energy in _lines(path):
            found.setdefault((user, at), energy)
    return found


def stored(world: World) -> Readings:
    """What the database has; a doubled reading fails."""
    rows = world.rows("SELECT user_id, measured_at, energy_wh FROM reading")
    found = {(user, at): energy for user, at, energy in rows}
    assert len(found) == len(rows)
    return found


def _reading_order(path: Path) -> tuple[bool, int, str]:
    stem = path.name.partition(".")[0]
    return (not stem.isdigit(), int(stem) if stem.isdigit() else 0, path.name)


def _lines(path: Path) -> Iterator[tuple[int, datetime, Decimal]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["datetime"].strip())
            at = at if at.tzinfo else at.replace(tzinfo=TOKYO)
            user = int(row.get("user_id") or path.name.partition(".")[0])
            yield user, at.astimezone(UTC), Decimal(row["consumption"])


class Home(World):
    """A world without DATABASE_URL: the batch brings its own server."""

    def __init__(self, monkeypatch) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="mh", dir="/tmp"))
        self.data, self.state = self.root / "data", self.root / "state"
        self.monkeypatch = monkeypatch
        self.set(
            DATA_DIR=str(self.data),
            STATE_DIR=str(self.state),
            LOG_DIR=str(self.root / "logs"),
            DAILY_JOBS="consumption",
        )
        self._connection = None
        (self.data / "consumption").mkdir(parents=True)

    @property
    def connection(self):
        """A new connection each time: the server comes and goes."""
        if self._connection:
            self._connection.close()
        self._connection = psycopg2.connect(f"postgresql://postgres:@/postgres?host={self.pg}")
        self._connection.autocommit = True
        return self._connection

    @property
    def pg(self) -> Path:
        return self.state / "pg"

    @property
    def postmaster(self) -> psutil.Process:
        return psutil.Process(int((self.pg / "postmaster.pid").read_text().split()[0]))

    def kill_server(self) -> None:
        """SIGKILL for the server and all its children."""
        processes = [self.postmaster, *self.postmaster.children(recursive=True)]
        for process in processes:
            process.kill()
        psutil.wait_procs(processes, 10)

    def fill(self, day: str) -> Readings:
        """Put readings of two users; what must be stored afterwards."""
        for user in (1, 2):
            self.put_readings(user, *(f"{day} {hour:02}:00:00,{user}.5" for hour in range(24)))
        return registered(self.data / "consumption")

    def close(self) -> None:
        if self._connection:
            self._connection.close()
        server.stop(self.state)
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self.root) in argument for argument in process.info["cmdline"] or ()):
                process.kill()  # an initdb whose batch was killed
        shutil.rmtree(self.root, ignore_errors=True)
