"""What directly loaded readings add to the aggregates, added up exactly while the database takes the rows.

The same sums as `sql/readings/book_cells.sql` and `sql/readings/book_users.sql` make of staged readings:
who changes one changes both. Integers of the smallest unit, so nothing is rounded.
"""

from copy import copy
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from etl import sentences
from etl.database.copy_rows import Numeric, to_rows
from etl.database.copy_thread import Writer
from etl.database.queries import Sql, integers
from etl.errors import CheckFailed

HOUR = 3_600 * 1_000_000
NEVER = np.iinfo(np.int64).min
LIMIT = 2**63
# Hours times cells: more would take memory, and every batch groups all of them anew.
SUMS_LIMIT = 200_000
# An update takes the time of some 10 readings a user, and some milliseconds however few there are; half a
# day of half-hours each, so that files of single readings do not write a user's total for every one.
USERS_PER_UPDATE = 10_000
READINGS_PER_UPDATE = 24


class RunningSums:
    """Sums by user, and by local hour and cell (area and tariff in force at the time).

    Parameters
    ----------
    contracts : ndarray, shape (n, 4), int64
        `user_id`, `area_id`, `tariff_id` and first instant (microseconds since 1970 UTC) of every
        contract, ascending by user and instant; the first of each user is in force since ever.
    zone : ZoneInfo
        Whose dates and hours are meant.
    scale : int
        Energies are in steps of 10 ** -`scale` Wh.
    """

    def __init__(self, contracts: np.ndarray, zone: ZoneInfo, scale: int) -> None:
        self._zone = zone
        self._scale = scale
        self._users, self._first, self._contracts = np.unique(
            contracts[:, 0], return_index=True, return_counts=True
        )
        self._starts = contracts[:, 3].copy()
        self._cells, self._cell_of = np.unique(contracts[:, 1:3], axis=0, return_inverse=True)
        self._newest = np.full(len(self._users), NEVER)
        self._clear()

    def _clear(self) -> None:
        self._readings = np.zeros(len(self._users), np.int64)
        self._energy = np.zeros(len(self._users), np.int64)
        self._hours = pd.DataFrame({"key": [], "readings": [], "energy": []}, dtype=np.int64)
        self._bound = 0

    def copy(self) -> "RunningSums":
        """Keep the state, to come back to it when a savepoint is rolled back."""
        kept = copy(self)
        kept._newest, kept._readings, kept._energy = (
            self._newest.copy(),
            self._readings.copy(),
            self._energy.copy(),
        )
        return kept

    def is_new(self, users: np.ndarray, instants: np.ndarray) -> np.ndarray:
        """Tell the readings later than all of their user added so far, which so repeat none of them."""
        return instants > self._newest[np.searchsorted(self._users, users)]

    def within_limits(self, energy: np.ndarray) -> bool:
        """Whether sums stay few, and exact with these (int64, steps of 10 ** -`scale` Wh) added."""
        return (
            len(self._hours) <= SUMS_LIMIT and self._bound + int(energy.max(initial=0)) * len(energy) < LIMIT
        )

    def add(self, users: np.ndarray, instants: np.ndarray, energy: np.ndarray) -> None:
        """Add readings: ids, microseconds since 1970 UTC, and steps of 10 ** -`scale` Wh."""
        if not len(users):
            return
        self._bound += int(energy.max()) * len(energy)
        # A user's readings lie together, most of all: so there are few stretches of one user.
        begins = np.flatnonzero(np.r_[True, users[1:] != users[:-1]])
        counts = np.diff(np.r_[begins, len(users)])
        places = np.searchsorted(self._users, users[begins])
        np.add.at(self._readings, places, counts)
        np.add.at(self._energy, places, np.add.reduceat(energy, begins))
        np.maximum.at(self._newest, places, np.maximum.reduceat(instants, begins))
        cells = self._cell_of[self._in_force(np.repeat(places, counts), instants)]
        codes, times = pd.factorize(instants)
        key = self._local_hours(times)[codes] * len(self._cells) + cells
        booked = pd.DataFrame({"key": key, "readings": 1, "energy": energy}, copy=False)
        self._hours = _added_up(pd.concat([self._hours, _added_up(booked)]))

    @property
    def is_worth_writing(self) -> bool:
        """Whether an update of the totals pays already: of many users, with many readings of each."""
        users = np.count_nonzero(self._readings)
        return bool(users >= USERS_PER_UPDATE and self._readings.sum() >= users * READINGS_PER_UPDATE)

    def flush(self, writer: Writer) -> None:
        """Send all sums to `user_delta` and `cell_delta`, and begin anew."""
        self.flush_users(writer)
        hours, cells = np.divmod(self._hours["key"].to_numpy(), len(self._cells))
        areas, tariffs = self._cells[cells].astype(np.int32).T
        rows = to_rows(
            hours.view("datetime64[h]").astype("datetime64[D]"),
            (hours % 24).astype(np.int16),
            areas,
            tariffs,
            self._hours["readings"].to_numpy(),
            Numeric(self._hours["energy"].to_numpy(), self._scale),
        )
        writer.copy("cell_delta", rows, len(hours))
        self._clear()

    def flush_users(self, writer: Writer) -> None:
        """Send the sums by user to `user_delta`."""
        touched = np.flatnonzero(self._readings)
        rows = to_rows(
            self._users[touched],
            self._readings[touched],
            Numeric(self._energy[touched], self._scale),
            self._newest[touched].view("datetime64[us]"),
        )
        writer.copy("user_delta", rows, len(touched))
        self._readings[touched] = self._energy[touched] = 0

    def _in_force(self, places: np.ndarray, instants: np.ndarray) -> np.ndarray:
        """Find each reading's contract: the last one that begins by then."""
        found = self._first[places]
        last = found + self._contracts[places] - 1
        moving = np.flatnonzero(found < last)
        while len(moving):
            moving = moving[self._starts[found[moving] + 1] <= instants[moving]]
            found[moving] += 1
            moving = moving[found[moving] < last[moving]]
        return found

    def _local_hours(self, instants: np.ndarray | pd.Index) -> np.ndarray:
        """Hours from 1970-01-01 00:00 to what the clock shows, so that 24 of them are a local date."""
        times = pd.DatetimeIndex(np.asarray(instants).view("datetime64[us]"), tz="UTC")
        return times.tz_convert(self._zone).tz_localize(None).asi8 // HOUR


def of_contracts(sql: Sql, zone: ZoneInfo, known_ids: np.ndarray, scale: int) -> RunningSums:
    """Sums of nothing yet, by the contracts as they are now."""
    rows = integers(sql("readings/contract_starts", tz=zone.key)).reshape(-1, 4)
    without = np.setdiff1d(known_ids, rows[:, 0])
    if len(without):
        raise CheckFailed(sentences.NO_CONTRACT, user=without[0])
    return RunningSums(rows, zone, scale)


def _added_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up the rows of equal key, as integers."""
    codes, keys = pd.factorize(rows["key"].to_numpy())
    sums = {"readings": np.zeros(len(keys), np.int64), "energy": np.zeros(len(keys), np.int64)}
    for name, into in sums.items():
        np.add.at(into, codes, rows[name].to_numpy())
    return pd.DataFrame({"key": keys, **sums}, copy=False)
