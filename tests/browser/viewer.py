"""What the browser meets: a database filled by the batch, and gunicorn as the operator starts it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from etl.config import SINGLE, Config
from etl.sample.readings import write
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
USERS, DAYS, LAST_DAY = 120, 7, date(2025, 6, 8)  # Monday to Sunday
# Who is special: nothing came from GAPPY on the Wednesday, and but half of the Friday.
MOVED, GAPPY, DEPARTED = 5, 12, 120
GAP, HALF_DAY = "2025-06-04", "2025-06-06"


@dataclass(frozen=True)
class Viewer:
    """A running viewer and the database behind it."""

    url: str
    world: World

    def user(self, number: int) -> str:
        """Where a user's page is."""
        return f"{self.url}/users/{number}"


def fill(world: World) -> None:
    """Load a week of sample readings, then let a user change the tariff twice and another depart."""
    write(Config(data_dir=world.data), USERS, DAYS, 1, LAST_DAY)
    readings = world.data / "consumption" / f"{GAPPY}.csv"
    kept = [line for line in readings.read_text().splitlines() if not re.match(f"{GAP}|{HALF_DAY} 1", line)]
    readings.write_text("\n".join(kept) + "\n")
    users = dict(line.split(",", 1) for line in (world.data / "user_data.csv").read_text().splitlines()[1:])
    _run(world, "2025-06-03")
    for day, tariff in (("2025-06-04", "night"), ("2025-06-06", "standard")):
        users[str(MOVED)] = f"Kansai,{tariff}"
        world.put_users(*(f"{user},{rest}" for user, rest in users.items()))
        _run(world, day)
    del users[str(DEPARTED)]
    world.put_users(*(f"{user},{rest}" for user, rest in users.items()))
    _run(world, "2025-06-09")
    world.verify()


def _run(world: World, day: str) -> None:
    result = world.run("--date", day)
    assert result.code == 0, result.err


@contextmanager
def serving(database_url: str, folder: Path) -> Generator[str]:
    """Start gunicorn and give its address; end it by its pid."""
    port = _free_port()
    settings = {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(folder / "data"),
        "STATE_DIR": str(folder / "state"),
        "LOG_DIR": str(folder / "logs"),
        "WEB_PORT": str(port),
    }
    # An empty setting is the default: what stands in the developer's .env does not count.
    plain = {name.upper(): "" for name in SINGLE}
    errors = folder / "gunicorn.err"
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [Path(sys.executable).parent / "gunicorn", "-c", "web/gunicorn_conf.py", "web.app:create_app()"],
            cwd=ROOT,
            env={**os.environ, **plain, **settings},
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process, errors)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_ready(url: str, process: subprocess.Popen, errors: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the viewer does not start: {errors.read_text()}")
