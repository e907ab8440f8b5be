"""The fast road: readings go straight into partitions that are new in this run.

Such a partition stands beside `reading` without a key until the run's end, so nothing may be streamed
that repeats a reading: within a batch repeats are taken out here, in file order, and what is not later
than all its user's readings before goes the other road, for which the partition is put in its place first.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from itertools import chain

import numpy as np
import pandas as pd

from etl.database.connection import savepoint
from etl.database.copy_rows import Numeric, to_rows
from etl.database.copy_thread import Writer
from etl.database.queries import Sql
from etl.readings.partitions import Fresh, Partitions
from etl.readings.running_sums import Booking
from etl.readings.staged_load import Outcome

# Rows of several partitions that wait for more.
HELD_BYTES = 32 << 20


class Streaming:
    """Streams what can be streamed of a batch.

    Parameters
    ----------
    sql : Sql
        Inside the readings unit's savepoint.
    writer : Writer
        On the same connection.
    partitions : Partitions
        Which there are.
    booking : callable
        Makes the sums' place when first needed.
    scale : int
        Energies of the frames are in steps of 10 ** -`scale` Wh.
    """

    def __init__(
        self,
        sql: Sql,
        writer: Writer,
        partitions: Partitions,
        booking: Callable[[], Booking],
        scale: int,
    ) -> None:
        self._sql = sql
        self._writer = writer
        self._held: dict[str, list[tuple[bytes, int]]] = {}
        self._partitions = partitions
        self._make_booking = booking
        self._made: Booking | None = None
        self._scale = scale
        # COPY can freeze the rows of a table that the same savepoint made, no other.
        self._unfrozen: set[str] = set()

    def take(self, frame: pd.DataFrame, room: int) -> tuple[pd.DataFrame, Outcome]:
        """Stream what lies in new partitions.

        Parameters
        ----------
        frame : DataFrame
            As `readings.Batch.frame`, in file order; every date lies in a partition.
        room : int
            How many conflicts to list at most.

        Returns
        -------
        DataFrame, Outcome
            The rows for the other road, and what became of those streamed.
        """
        instants = pd.DatetimeIndex(frame["measured_at"]).asi8
        place, fresh = self._places(frame, instants)
        streamed = place >= 0
        if not streamed.any():
            return frame, Outcome()
        own, instants, place = (
            (frame, instants, place)
            if streamed.all()
            else (frame[streamed], instants[streamed], place[streamed])
        )
        kept, outcome = _without_repeats(own, instants, room)
        if kept is not None:
            own, instants, place = own.take(kept), instants[kept], place[kept]
        self._copy(own, instants, place, fresh)
        return frame[~streamed], outcome._replace(inserted=len(own))

    def finish(self) -> None:
        """Put all partitions in their place and write down the sums; the connection is free then."""
        self._attach(self._partitions.fresh)
        if self._made:
            self._made.flush(self._writer)
        self._writer.wait()

    @contextmanager
    def savepoint(self) -> Generator[None]:
        """Go with a savepoint within: what the database forgets is forgotten here."""
        self._send_held()
        self._writer.wait()
        restore_partitions, made = self._partitions.keep(), self._made and self._made.copy()
        self._unfrozen = {fresh.name for fresh in self._partitions.fresh}
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
    def _booking(self) -> Booking:
        if self._made is None:
            self._made = self._make_booking()
        return self._made

    def _places(self, frame: pd.DataFrame, instants: np.ndarray) -> tuple[np.ndarray, list[Fresh]]:
        """Number the new partition of each row, or -1 for the other road."""
        fresh = self._partitions.fresh
        place = np.full(len(frame), -1)
        for number, one in enumerate(fresh):
            place[(instants >= one.begin) & (instants < one.end)] = number
        if not (place >= 0).any():
            return place, fresh
        booking = self._booking
        energy = frame["energy"].to_numpy()
        if not booking.has_room(energy):
            booking.flush(self._writer)
        new = booking.is_new(frame["user_id"].to_numpy(), instants) & booking.has_room(energy)
        if not new.all():
            touched = np.unique(place[(place >= 0) & ~new])
            self._attach([fresh[number] for number in touched])
            place[np.isin(place, touched)] = -1
        return place, fresh

    def _copy(self, frame: pd.DataFrame, instants: np.ndarray, place: np.ndarray, fresh: list[Fresh]) -> None:
        users, energy = frame["user_id"].to_numpy(), frame["energy"].to_numpy()
        for number, partition in enumerate(fresh):
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
        self._booking.add(users, instants, energy)
        if self._booking.is_worth_writing:
            self._booking.flush_users(self._writer)
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

    def _attach(self, fresh: list[Fresh]) -> None:
        self._send_held()
        self._writer.wait()
        for partition in fresh:
            self._partitions.attach(partition)


def _without_repeats(
    frame: pd.DataFrame, instants: np.ndarray, room: int
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
    losers = np.sort(order[repeats][differ])[:room]
    listed = frame[["file_no", "line_no"]].take(losers).itertuples(index=False, name=None)
    return order[~repeats], Outcome(
        identical=int(repeats.sum() - differ.sum()), conflicting=int(differ.sum()), conflicts=tuple(listed)
    )
