"""A batch of readings: what each must comply with, the batch itself, and what became of it."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from etl.inbox.fields import Times
from etl.inbox.rejects import Reject


@dataclass(frozen=True)
class Rules:
    """What a reading must comply with.

    Attributes
    ----------
    times : Times
        Zone and bounds.
    known_ids : ndarray of int64, ascending
        All users ever registered.
    encoding : str
        `utf-8` or `cp932`.
    """

    times: Times
    known_ids: np.ndarray
    encoding: str


@dataclass
class Batch:
    """What became of some segments.

    Attributes
    ----------
    frame : DataFrame
        One row per good line, in file order: `file_no`, `line_no`, `user_id` (int64), `measured_at` (UTC,
        microseconds) and `energy` (int64, in millionths of the file's unit: exact).
    read : int
        Filled lines, good and bad.
    rejects : list of Reject
        Faults; a bad line has one at least.
    """

    frame: pd.DataFrame
    read: int
    rejects: list[Reject] = field(default_factory=list)


class Outcome(NamedTuple):
    """What became of some readings: how many went in, repeated an equal one, or another value.

    `conflicts` has the number of file and line of those with another value, as many as were asked for.
    """

    inserted: int = 0
    identical: int = 0
    conflicting: int = 0
    conflicts: tuple[tuple[int, int], ...] = ()

    def plus(self, other: "Outcome") -> "Outcome":
        """Add another's; conflicts in file order, whichever way they were loaded."""
        return Outcome(
            self.inserted + other.inserted,
            self.identical + other.identical,
            self.conflicting + other.conflicting,
            tuple(sorted(self.conflicts + other.conflicts)),
        )


def local_dates(frame: pd.DataFrame, zone: ZoneInfo) -> set[date]:
    """The local dates on which a frame has readings."""
    # There are far fewer times than readings.
    times = pd.DatetimeIndex(frame["measured_at"].unique())
    return set(times.tz_convert(zone).tz_localize(None).normalize().unique().date)
