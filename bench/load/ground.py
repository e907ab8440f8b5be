"""Where the batch is measured: runs of each side on calm ground, and checks of what they leave."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from psycopg2 import sql

from bench.load import inputs, sides
from bench.load.databases import Databases
from bench.load.inputs import Input
from bench.load.sides import KEYED, Outcome
from etl.config import Config

IN_YARDSTICK = "SELECT count(*), coalesce(sum(energy_wh), 0) FROM y"
IN_READING = """
    SELECT count(*), coalesce(sum(energy_wh), 0),
        (SELECT (coalesce(sum(readings), 0), coalesce(sum(energy_wh), 0))::text FROM load_by_date)
    FROM reading
"""


class Stored(NamedTuple):
    """What a database has: how many readings, and their energy in Wh."""

    rows: int
    total: Decimal

    def plus(self, work: Input) -> "Stored":
        """What must be there once the input is loaded."""
        return Stored(self.rows + work.rows, self.total + work.total)


NOTHING = Stored(0, Decimal(0))


@dataclass
class Ground:
    """The server and what was seen on it.

    Attributes
    ----------
    databases : Databases
        On the server.
    peaks : list of int
        The most memory of every run of the batch, in kB.
    """

    databases: Databases
    peaks: list[int] = field(default_factory=list)
    _inputs: dict[tuple[int, int, date], Input] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """For files; it goes with the server."""
        return self.databases.server.folder

    def days(self, users: int, days: int, first: date) -> Input:
        """Make the input of so many files, unless it is there."""
        key = users, days, first
        if key not in self._inputs:
            self._inputs[key] = inputs.write(self.folder / f"{users}-users-{days}-days", *key)
        return self._inputs[key]

    def forget(self, work: Input) -> None:
        """Remove an input that no other case uses."""
        self._inputs = {key: held for key, held in self._inputs.items() if held != work}
        work.remove()

    def batch(self, config: Config, work: Input, day: date, before: Stored = NOTHING) -> Outcome:
        """Load the input with the batch, check what is there then, and put the files back.

        Parameters
        ----------
        config : Config
            Of the database.
        work : Input
            Its inbox is taken instead of the database's own.
        day : date
            Of the run.
        before : Stored
            What else is in the database.
        """
        self.calm()
        outcome = sides.batch(
            config.model_copy(update={"data_dir": work.data_dir}), "--date", day.isoformat()
        )
        self.peaks.append(outcome.rss)
        work.restore()
        ((rows, total, in_cells),) = self.databases.ask(config.database_url, IN_READING)
        require(f"python -m etl.main of {work.home.name}", Stored(rows, total), before.plus(work))
        if in_cells != f"({rows},{total})":
            raise RuntimeError(f"load_by_date has {in_cells}, the readings are ({rows},{total})")
        return outcome

    def psql(self, side: Callable[[str, Input], Outcome], work: Input) -> Outcome:
        """Load the input into an empty table with psql, and check it.

        Parameters
        ----------
        side : callable
            Of `load_sides`: `copy` or `script`.
        work : Input
            Its files stay where they are.
        """
        url = self.databases.server.url
        self.databases.execute(sql.SQL("CREATE TABLE y ") + sql.SQL(KEYED))
        self.calm()
        outcome = side(url, work)
        (found,) = self.databases.ask(url, IN_YARDSTICK)
        self.databases.execute(sql.SQL("DROP TABLE y"))
        require(f"psql ({side.__name__}) of {work.home.name}", Stored(*found), NOTHING.plus(work))
        return outcome

    def calm(self) -> None:
        """Write down what earlier work left to be written."""
        self.databases.execute(sql.SQL("CHECKPOINT"))
        os.sync()


def require(what: str, found: Stored, expected: Stored) -> None:
    """Stop if a run left anything but what it was given.

    Raises
    ------
    RuntimeError
        With both.
    """
    if found != expected:
        raise RuntimeError(f"{what}: the database has {found}, the input {expected}")
