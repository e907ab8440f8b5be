"""Inboxes for the benchmark of the batch, each with its rows joined into one CSV; measures nothing.

Rows are made some thousands of users at a time: what a child process reports as its peak memory begins
with what its parent had, so the benchmark itself must stay small.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

AREAS = ("Hokkaido", "Kansai", "Tokyo")
TARIFFS = ("business", "night", "standard")
SLOTS = 48
CHUNK_ROWS = 200_000
SEED = 1


@dataclass(frozen=True)
class Input:
    """Files of readings and what must be in the database after them.

    Attributes
    ----------
    home : Path
        Holds the inbox, and the joined rows as `user_id,datetime,energy` in the files' order.
    files, rows : int
        How many files; how many rows a first-wins import keeps.
    total : Decimal
        Their energy in Wh.
    """

    home: Path
    files: int = 0
    rows: int = 0
    total: Decimal = Decimal(0)

    @property
    def data_dir(self) -> Path:
        """The inbox."""
        return self.home / "data"

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self.data_dir / "consumption"

    @property
    def joined(self) -> Path:
        """All rows in one file."""
        return self.home / "joined.csv"

    def restore(self) -> None:
        """Take everything back from `completion/` to the inbox, folders as a whole.

        Raises
        ------
        RuntimeError
            If files are missing then.
        """
        for path in sorted(self.data_dir.glob("completion/*/*")):
            target = self.data_dir / path.name
            if target.is_dir():
                target.rmdir()
            path.rename(target)
        shutil.rmtree(self.data_dir / "completion", ignore_errors=True)
        found = sum(1 for _ in self.folder.iterdir())
        if found != self.files:
            raise RuntimeError(f"{self.folder} has {found} files after a run, not {self.files}")

    def remove(self) -> None:
        """Free the disk."""
        shutil.rmtree(self.home)


def write(home: Path, users: int, days: int, first: date) -> Input:
    """Write a file for each user, ids from 1, with every half-hour of some days.

    Parameters
    ----------
    home : Path
        Does not exist yet.
    users, days : int
        Files, and whole local days from `first` on.
    """
    made = Input(home, users, users * days * SLOTS)
    made.folder.mkdir(parents=True)
    total = 0
    form = "".join(f"{clock},%.1f\n" for clock in _clocks(first, days * SLOTS))
    with made.joined.open("w") as joined:
        for user, tenths in _energies(users, days * SLOTS):
            lines = form % tuple((tenths / 10).tolist())
            with (made.folder / f"{user}.csv").open("w") as file:
                file.write("datetime,consumption\n" + lines)
            joined.write(_with_user(user, lines))
            total += int(tenths.sum())
    return replace(made, total=Decimal(total) / 10)


def write_one(home: Path, users: int, slots: int, first: date) -> Input:
    """Write one file of many users; there is no joined one.

    Parameters
    ----------
    home : Path
        Does not exist yet.
    users, slots : int
        Ids from 1, and half-hours of each from `first` on.
    """
    made = Input(home, 1, users * slots)
    made.folder.mkdir(parents=True)
    total = 0
    form = "".join(f"{clock},%.1f\n" for clock in _clocks(first, slots))
    with (made.folder / "all.csv").open("w") as file:
        file.write("user_id,datetime,consumption\n")
        for user, tenths in _energies(users, slots):
            file.write(_with_user(user, form % tuple((tenths / 10).tolist())))
            total += int(tenths.sum())
    return replace(made, total=Decimal(total) / 10)


def write_masters(data_dir: Path, users: int) -> None:
    """Write who the users are: three areas, three tariffs."""
    data_dir.mkdir(parents=True)
    lines = (f"{user},{AREAS[user % 3]},{TARIFFS[user // 3 % 3]}" for user in range(1, users + 1))
    (data_dir / "user_data.csv").write_text("\n".join(["id,area,tariff", *lines, ""]))
    write_names(data_dir, AREAS, TARIFFS)


def write_names(data_dir: Path, areas: tuple[str, ...], tariffs: tuple[str, ...]) -> None:
    """Write the names of areas and tariffs."""
    (data_dir / "area.csv").write_text("\n".join(["name", *areas, ""]))
    (data_dir / "tariff.csv").write_text("\n".join(["name", *tariffs, ""]))


def _clocks(first: date, slots: int) -> list[str]:
    midnight = datetime.combine(first, time())
    return [f"{midnight + timedelta(minutes=30 * slot):%Y-%m-%d %H:%M:%S}" for slot in range(slots)]


def _energies(users: int, slots: int) -> Iterator[tuple[int, np.ndarray]]:
    """Give each user's energies in tenths of Wh: half of them below 150 Wh, a few above 1 kWh."""
    rng = np.random.default_rng(SEED)
    step = max(1, CHUNK_ROWS // slots)
    for begin in range(0, users, step):
        count = min(step, users - begin)
        tenths = np.rint(rng.lognormal(np.log(1500), 0.8, (count, slots))).astype(np.int64)
        yield from enumerate(tenths, begin + 1)


def _with_user(user: int, lines: str) -> str:
    return f"{user}," + lines[:-1].replace("\n", f"\n{user},") + "\n"
