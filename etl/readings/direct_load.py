"""Direct load: readings of partitions that are new in this run are copied straight into them.

Such a partition is detached, without a key, until the run's end, so nothing may be copied that repeats
a reading: within a batch repeats are taken out here, in file order, and what is not later than all its
user's readings before is left to the staged load, for which the partition is attached first.
"""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from itertools import chain

import numpy as np
import pandas as pd

from etl.config import Config
from etl.database.connection import savepoint
from etl.database.copy_rows import Numeric, to_rows
from etl.database.copy_thread import Writer
from etl.database.queries import Sql
from etl.readings import running_sums
from etl.readings.batch import Outcome, local_dates
from etl.readings.partitions import Detached, Partitions
from etl.readings.running_sums import RunningSums

# Rows of several partitions that wait for more.
HELD_BYTES = 32 << 20


class DirectLoad:
    """Loads what can be loaded directly of a batch.

    Parameters
    ----------
    sql : Sql
        Inside the readings unit's savepoint.
    writer : Writer
        On the same connection.
    config : Config
        Time zone, and limits of partitions.
    known_ids : ndarray of int64
        All users who may have readings.
    scale : int
        Energies of the frames are in steps of 10 ** -`scale` Wh.
    """

    def __init__(self, sql: Sql, writer: Writer, config: Config, known_ids: np.ndarray, scale: int) -> None:
        self._sql = sql
        self._writer = writer
        self._zone = config.zone
        self._known_ids = known_ids
        self._scale = scale
        self._partitions = Partitions(sql, config)
        self._made: RunningSums | None = None
        self._held: dict[str, list[tuple[bytes, int]]] = {}
        # COPY can freeze the rows of a table that the same savepoint made, no other.
        self._unfrozen: set[str] = set()

    def take(self, frame: pd.DataFrame, limit: int) -> tuple[pd.DataFrame, Outcome]:
        """Load what lies in new partitions; give the rows for the staged load, and what became of the others.

        After it every date of the frame lies in a partition; UnitRefused if too many would be needed.
        """
        self._cover(frame)
        instants = pd.DatetimeIndex(frame["measured_at"]).asi8
        place, detached = self._places(frame, instants)
        direct = place >= 0
        if not direct.any():
            return frame, Outcome()
        own, instants, place = (
            (frame, instants, place) if direct.all() else (frame[direct], instants[direct], place[direct])
        )
        kept, outcome = _without_repeats(own, instants, limit)
        if kept is not None:
            own, instants, place = own.take(kept), instants[kept], place[kept]
        self._copy(own, instants, place, detached)
        return frame[~direct], outcome._replace(inserted=len(own))

    def finish(self) -> None:
        """Attach all partitions and write down the sums; the connection is free then."""
        self._attach(self._partitions.detached)
        if self._made:
            self._made.flush(self._writer)
        self._writer.wait()

    def analyze(self) -> None:
        """Give the planner statistics of the new partitions."""
        self._partitions.analyze()

    @contextmanager
    def savepoint(self) -> Generator[None]:
        """Go with a savepoint within: what the database forgets is forgotten here."""
        self._send_held()
        self._writer.wait()
        restore_partitions, made = self._partitions.keep(), self._made and self._made.copy()
        self._unfrozen = {one.name for one in self._partitions.detached}
        try:
            with savepoint(self._sql.connection, "large_file"):
                yield from self._all_sent()
        except BaseException:
            restore_partitions()
            self._made = made
            raise
        finally:
            self._unfrozen = set()

    def _all_sent(self) -> Generator[None]:
        """Do a block and free the connection; what is left of a block that fails is not sent."""
        try:
            yield
            self._send_held()
            self._writer.wait()
        except BaseException:
            self._held.clear()
            with suppress(Exception):
                self._writer.wait()
            raise

    @property
    def _sums(self) -> RunningSums:
        if self._made is None:
            self._writer.wait()
            self._made = running_sums.of_contracts(self._sql, self._zone, self._known_ids, self._scale)
        return self._made

    def _cover(self, frame: pd.DataFrame) -> None:
        dates = local_dates(frame, self._zone)
        if not self._partitions.covers(dates):
            self._writer.wait()
            self._partitions.cover(dates)

    def _places(self, frame: pd.DataFrame, instants: np.ndarray) -> tuple[np.ndarray, list[Detached]]:
        """Number the detached partition of each row, or -1 for the staged load."""
        detached = self._partitions.detached
        place = np.full(len(frame), -1)
        for number, one in enumerate(detached):
            place[(instants >= one.begin) & (instants < one.end)] = number
        if not (place >= 0).any():
            return place, detached
        sums = self._sums
        energy = frame["energy"].to_numpy()
        if not sums.within_limits(energy):
            sums.flush(self._writer)
        new = sums.is_new(frame["user_id"].to_numpy(), instants) & sums.within_limits(energy)
        if not new.all():
            touched = np.unique(place[(place >= 0) & ~new])
            self._attach([detached[number] for number in touched])
            place[np.isin(place, touched)] = -1
        return place, detached

    def _copy(
        self, frame: pd.DataFrame, instants: np.ndarray, place: np.ndarray, detached: list[Detached]
    ) -> None:
        users, energy = frame["user_id"].to_numpy(), frame["energy"].to_numpy()
        for number, partition in enumerate(detached):
            here = place == number
            if not here.any():
                continue
            rows = slice(None) if here.all() else here
            times = instants[rows].view("datetime64[us]")
            self._hold(
                partition.name, to_rows(users[rows], times, Numeric(energy[rows], self._scale)), len(times)
            )
        # Of several partitions rows are collected: each COPY leaves some pages empty.
        if len(self._held) == 1 or sum(len(rows) for rows, _ in chain(*self._held.values())) > HELD_BYTES:
            self._send_held()
        self._sums.add(users, instants, energy)
        if self._sums.is_worth_writing:
            self._sums.flush_users(self._writer)
            self._writer.call(self._apply_totals)

    def _apply_totals(self) -> None:
        self._sql("readings/apply_user_total", batched=True)
        self._sql("readings/clear_user_delta", batched=True)

    def _hold(self, name: str, rows: bytes, count: int) -> None:
        self._held.setdefault(name, []).append((rows, count))

    def _send_held(self) -> None:
        for name, pieces in self._held.items():
            for rows, count in pieces:
                self._writer.copy(name, rows, count, freeze=name not in self._unfrozen)
        self._held.clear()

    def _attach(self, detached: list[Detached]) -> None:
        self._send_held()
        self._writer.wait()
        for partition in detached:
            self._partitions.attach(partition)


def _without_repeats(
    frame: pd.DataFrame, instants: np.ndarray, limit: int
) -> tuple[np.ndarray | None, Outcome]:
    """Choose the first of each user and time: their places, by user and time; None: all, as they are."""
    users = frame["user_id"].to_numpy()
    if ((users[1:] > users[:-1]) | ((users[1:] == users[:-1]) & (instants[1:] > instants[:-1]))).all():
        return None, Outcome()
    # Stable: of equal ones the first in the file stays first.
    order = np.lexsort((instants, users))
    by_user, by_time = users[order], instants[order]
    repeats = np.r_[False, (by_user[1:] == by_user[:-1]) & (by_time[1:] == by_time[:-1])]
    first = np.maximum.accumulate(np.where(repeats, 0, np.arange(len(order))))
    energy = frame["energy"].to_numpy()[order]
    differ = energy[repeats] != energy[first[repeats]]
    losers = np.sort(order[repeats][differ])[:limit]
    listed = frame[["file_no", "line_no"]].take(losers).itertuples(index=False, name=None)
    return order[~repeats], Outcome(
        identical=int(repeats.sum() - differ.sum()), conflicting=int(differ.sum()), conflicts=tuple(listed)
    )
