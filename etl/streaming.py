"""The fast road: readings go straight into partitions that are new in this run.

Such a partition stands beside `reading` without a key until the run's end, so nothing may be streamed
that repeats a reading: within a batch repeats are taken out here, in file order, and what is not later
than all its user's readings before goes the other road, for which the partition is put in its place first.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
import pandas as pd
from psycopg2 import sql as composed

from etl import db
from etl.booking import Booking
from etl.encoding import Numeric, to_copy
from etl.errors import CheckFailed
from etl.partitions import Fresh, Partitions
from etl.queries import Sql
from etl.staging import Outcome

# A batch at once: for each piece the thread that reads files would have to give way.
READ_BYTES = 64 << 20


class Streaming:
    """Streams what can be streamed of a batch.

    Parameters
    ----------
    sql : Sql
        Inside the readings unit's savepoint.
    partitions : Partitions
        Which there are.
    booking : callable
        Makes the sums' place when first needed.
    scale : int
        Energies of the frames are in steps of 10 ** -`scale` Wh.
    """

    def __init__(self, sql: Sql, partitions: Partitions, booking: Callable[[], Booking], scale: int) -> None:
        self._sql = sql
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
        """Put all partitions in their place and write down the sums."""
        self._partitions.attach_all()
        if self._made:
            self._made.flush(self._sql.connection)

    def _apply_totals(self) -> None:
        """Write totals of users while the next files are read, when it pays."""
        if self._booking.is_worth_writing:
            self._booking.flush_users(self._sql.connection)
            self._sql("consumption/apply_user_total", batched=True)

    @contextmanager
    def savepoint(self) -> Generator[None]:
        """Go with a savepoint within: what the database forgets is forgotten here."""
        restore_partitions, made = self._partitions.keep(), self._made and self._made.copy()
        self._unfrozen = {fresh.name for fresh in self._partitions.fresh}
        try:
            with db.savepoint(self._sql.connection, "large_file"):
                yield
        except BaseException:
            restore_partitions()
            self._made = made
            raise
        finally:
            self._unfrozen = set()

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
            booking.flush(self._sql.connection)
        new = booking.is_new(frame["user_id"].to_numpy(), instants) & booking.has_room(energy)
        if not new.all():
            for number in np.unique(place[(place >= 0) & ~new]):
                self._partitions.attach(fresh[number])
                place[place == number] = -1
        return place, fresh

    def _copy(self, frame: pd.DataFrame, instants: np.ndarray, place: np.ndarray, fresh: list[Fresh]) -> None:
        users, energy = frame["user_id"].to_numpy(), frame["energy"].to_numpy()
        for number, partition in enumerate(fresh):
            here = place == number
            if not here.any():
                continue
            rows = slice(None) if here.all() else here
            self._copy_into(
                partition.name,
                to_copy(
                    users[rows], instants[rows].view("datetime64[us]"), Numeric(energy[rows], self._scale)
                ),
                len(users[rows]),
            )
        self._booking.add(users, instants, energy)
        self._apply_totals()

    def _copy_into(self, name: str, rows: BytesIO, count: int) -> None:
        options = "FORMAT binary" if name in self._unfrozen else "FORMAT binary, FREEZE"
        statement = composed.SQL(f"COPY {{}} FROM STDIN ({options})").format(composed.Identifier(name))
        with self._sql.connection.cursor() as cursor:
            cursor.copy_expert(statement, rows, size=READ_BYTES)
            if cursor.rowcount != count:
                raise CheckFailed(f"{count} readings were sent to {name}, {cursor.rowcount} arrived")


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
