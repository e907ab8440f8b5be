"""The batch loads a day while pages are asked: no error, no wrong number.

Readers ask a real gunicorn all the time, each request for another address, so that every page is made
anew. What a page shows in its headline, in its table, or of one user, must be what stood before the
load or what stands after it; after it only that. In the end `--verify` compares the aggregates with
the readings. Pages that show some figures from before and others from after are counted too.
"""

import itertools
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from bench.web.databases import environment
from bench.web.report import Row, tell
from bench.web.servers import ROOT, VIEWER, Server, gunicorn
from bench.web.shown import PAGES, Figures, NotShown, read
from etl.config import Config
from etl.sample import readings

USERS, DAYS, SEED = 60, 14, 1
LOADS = 6
READERS = 8
LAST_DAY = date(2026, 4, 30)


class Seen(NamedTuple):
    """One page while the batch ran: its address, and its figures or what was wrong."""

    path: str
    figures: Figures | None
    fault: str


@dataclass
class Readers:
    """Those who ask for pages until they are told to stop."""

    server: Server
    numbers: itertools.count = field(default_factory=itertools.count)
    stopped: threading.Event = field(default_factory=threading.Event)

    def look(self) -> Seen:
        """Ask for the next page."""
        number = next(self.numbers)
        path = PAGES[number % len(PAGES)].format(day=date(1970, 1, 1) + timedelta(days=number % 10_000))
        try:
            return Seen(path, read(self.server.get(path), path), "")
        except (OSError, NotShown) as error:
            return Seen(path, None, str(error) or repr(error))

    def watch(self) -> list[Seen]:
        """Ask page after page."""
        seen = []
        while not self.stopped.is_set():
            seen.append(self.look())
        return seen


def measure(config: Config) -> list[Row]:
    """Load some days under the eyes of readers.

    Parameters
    ----------
    config : Config
        Of a database with the schema and no rows.
    """
    first = LAST_DAY - timedelta(days=LOADS)
    _load(config, DAYS, first)
    pages = faults = mixed = 0
    with gunicorn(VIEWER, config) as server:
        for day in range(1, LOADS + 1):
            before = _settled(server)
            seen = _during(server, config, first + timedelta(days=day))
            after = _settled(server)
            bad = [one for one in seen if not _is_known(one, before, after)]
            blends = [one for one in seen if one not in bad and not _is_of_one_time(one, before, after)]
            for one in [*bad, *blends][:5]:
                tell(f"  {one.path}: {one.fault or one.figures}; before {before}, after {after}")
            faults += len(bad) + (before == after)
            pages, mixed = pages + len(seen), mixed + len(blends)
    verified = _main(config, "--verify")
    return [
        Row(
            "the batch loads a day while pages are asked",
            f"{LOADS} days, {pages} pages, {faults} wrong, --verify: {'equal' if verified else 'DIFFERS'}",
            None,
            "no error, no wrong number",
            not faults and verified and pages > 0,
        ),
        Row("the same, pages with figures of before beside figures of after", f"{mixed} of {pages}"),
    ]


def _during(server: Server, config: Config, day: date) -> list[Seen]:
    readers = Readers(server)
    with ThreadPoolExecutor(READERS) as pool:
        watching = [pool.submit(readers.watch) for _ in range(READERS)]
        try:
            _load(config, 1, day)
        finally:
            readers.stopped.set()
        return [one for each in watching for one in each.result()]


def _settled(server: Server) -> Figures:
    """Read all pages while nothing is loaded; they must agree."""
    found = [read(server.get(path), path) for path in (page.format(day="1970-01-01") for page in PAGES)]
    total = {name: value for figures in found for name, value in figures.items()}
    if any(total[name] != value for figures in found for name, value in figures.items()):
        raise RuntimeError(f"pages differ while nothing is loaded: {found}")
    return total


def _is_known(one: Seen, before: Figures, after: Figures) -> bool:
    return one.figures is not None and all(
        value in (before[name], after[name]) for name, value in one.figures.items()
    )


def _is_of_one_time(one: Seen, before: Figures, after: Figures) -> bool:
    return any(
        all(value == side[name] for name, value in (one.figures or {}).items()) for side in (before, after)
    )


def _load(config: Config, days: int, day: date) -> None:
    readings.write(config, USERS, days, SEED, day)
    if not _main(config, "--date", day.isoformat()):
        raise RuntimeError("the batch failed")


def _main(config: Config, *arguments: str) -> bool:
    command = [sys.executable, "-m", "etl.main", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(config), capture_output=True, text=True, check=False
    )
    if done.returncode:
        tell(f"{done.stdout[-1000:]}{done.stderr[-2000:]}")
    return done.returncode == 0
