"""The readings unit: files in order, in batches, into `reading` and the aggregates."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import chain

from etl import db, readings
from etl.checks import complain
from etl.config import Config
from etl.errors import CheckFailed
from etl.inbox import FileFault, InboxFile, user_id_in
from etl.lines import count_filled
from etl.partitions import Partitions
from etl.queries import Sql
from etl.readings import Rules
from etl.rejects import Reject, Rejects
from etl.segments import ManyUsersFile, Reader, Segment
from etl.text import printable

BATCH_BYTES = 8 << 20


@dataclass
class ReadingCounts:
    """The balance of the readings unit: read = inserted + identical + conflicting + rejected."""

    read: int = 0
    inserted: int = 0
    identical: int = 0
    conflicting: int = 0
    rejected: int = 0

    def check(self) -> None:
        """Fail if a line is unaccounted for.

        Raises
        ------
        CheckFailed
            With the counts.
        """
        if self.read != self.inserted + self.identical + self.conflicting + self.rejected:
            raise CheckFailed(f"readings do not balance: {asdict(self)}")


class FileUndone(Exception):
    """A large file turned out bad after some of it was loaded; carries the fault and its lines."""

    def __init__(self, fault: FileFault, lines: int) -> None:
        super().__init__(fault.reason)
        self.fault = fault
        self.lines = lines


@dataclass
class Loader:
    """Loads consumption files inside the readings unit's savepoint.

    Attributes
    ----------
    sql : Sql
        The data connection.
    config : Config
        Unit of energy, time zone, batch limits.
    reader, rules
        How files are read and lines judged.
    rejects : Rejects
        Collects faults and conflicts.
    on_progress : callable
        Called after every batch with the counts and the number of files so far.
    check : callable
        Called often; may raise to stop.
    """

    sql: Sql
    config: Config
    reader: Reader
    rules: Rules
    rejects: Rejects
    on_progress: Callable[[ReadingCounts, int], None]
    check: Callable[[], None]
    counts: ReadingCounts = field(default_factory=ReadingCounts)

    def __post_init__(self) -> None:
        self._partitions = Partitions(self.sql, self.config)
        self._wh_per_unit = 1000 if self.config.consumption_unit == "kWh" else 1
        self._pending: list[Segment] = []
        self._pending_bytes = 0
        self._file_no = 0
        self.files_done = 0

    def load(self, files: list[InboxFile]) -> None:
        """Load all files, in the order that decides which of two repeats is first.

        Raises
        ------
        CheckFailed
            If the counts or the aggregates do not add up.
        UnitRefused
            If too many partitions would be needed.
        """
        later: list[InboxFile] = []
        for file in files:
            if user_id_in(file.name) is None:
                later.append(file)
                continue
            try:
                self._load_file(file, one_user=True)
            except ManyUsersFile:
                later.append(file)
        for file in sorted(later, key=lambda file: file.name):
            self._load_file(file, one_user=False)
        self._flush()
        self._finish()

    def _load_file(self, file: InboxFile, one_user: bool) -> None:
        self.check()
        self._file_no += 1
        first: list[Segment] = []
        try:
            segments = self.reader.segments(file, self._file_no, one_user)
            for segment in segments:
                first.append(segment)
                if len(first) == 2:
                    self._load_large(chain(first, segments))
                    break
            else:
                self._add(first)
        except FileUndone as undone:
            self._refuse(file, undone.fault, undone.lines)
        except FileFault as fault:
            self._refuse(file, fault, fault.lines + sum(count_filled(segment.data) for segment in first))
        self.files_done += 1

    def _load_large(self, segments: Iterator[Segment]) -> None:
        """Load a file of several batches; a fault at its end takes out what was loaded of it."""
        self._flush()
        before, faults, partitions = replace(self.counts), self.rejects, self._partitions.added
        self.rejects = Rejects()
        try:
            with db.savepoint(self.sql.connection, "large_file"):
                for segment in segments:
                    self._add([segment])
                self._flush()
        except FileFault as fault:
            lines = self.counts.read - before.read + sum(count_filled(s.data) for s in self._pending)
            self._pending, self._pending_bytes = [], 0
            self.counts, self.rejects = before, faults
            self._partitions.undo_to(partitions)
            raise FileUndone(fault, lines) from None
        finally:
            if self.rejects is not faults:
                faults.merge(self.rejects)
                self.rejects = faults

    def _refuse(self, file: InboxFile, fault: FileFault, lines: int) -> None:
        self.counts.read += lines
        self.counts.rejected += lines
        self.rejects.add(Reject(file.name, None, fault.found, fault.reason, lines))

    def _add(self, segments: list[Segment]) -> None:
        self._pending += segments
        self._pending_bytes += sum(len(segment.data) for segment in segments)
        if self._pending_bytes >= BATCH_BYTES:
            self._flush()

    def _flush(self) -> None:
        """Load what is pending as one batch."""
        if not self._pending:
            return
        batch = readings.parse(self._pending, self.rules, self.check)
        self.counts.read += batch.read
        self.counts.rejected += len(batch.rejects)
        for reject in batch.rejects:
            self.rejects.add(reject)
        if len(batch.frame):
            self._load_batch(batch)
        self._pending, self._pending_bytes = [], 0
        self.on_progress(self.counts, self.files_done)

    def _load_batch(self, batch: readings.Batch) -> None:
        frame = batch.frame
        self._partitions.cover(readings.local_dates(frame, self.rules.times.zone))
        with self.sql.connection.cursor() as cursor:
            cursor.copy_expert("COPY staged_reading FROM STDIN (FORMAT csv)", readings.to_csv(frame))
            staged = cursor.rowcount
        if staged != len(frame):
            raise CheckFailed(f"{len(frame)} readings were sent to the database, {staged} arrived")
        inserted = self.sql("consumption/insert_readings", batched=True, wh_per_unit=self._wh_per_unit)
        self.counts.inserted += inserted
        if inserted < staged:
            self._count_repeats(batch, inserted)
        self.sql("consumption/book_cells", batched=True, tz=self.config.tz, sign=1)
        self.sql("consumption/book_users", batched=True)
        self.sql("consumption/clear_batch", batched=True)

    def _count_repeats(self, batch: readings.Batch, inserted: int) -> None:
        window = {
            "wh_per_unit": self._wh_per_unit,
            "first": batch.frame["measured_at"].min(),
            "last": batch.frame["measured_at"].max(),
        }
        same, different = self.sql("consumption/compare_with_stored", batched=True, **window)
        self.counts.identical += same - inserted
        self.counts.conflicting += different
        if different and self.rejects.room:
            rows = self.sql("consumption/list_conflicts", batched=True, most=self.rejects.room, **window)
            self.rejects.note_conflicts(self._conflicts(rows))

    def _conflicts(self, rows: list[tuple[int, int]]) -> Iterator[Reject]:
        wanted = {}
        for file_no, line_no in rows:
            wanted.setdefault(file_no, []).append(line_no)
        for segment in self._pending:
            if segment.file_no not in wanted:
                continue
            lines = segment.data.splitlines()
            for line_no in wanted[segment.file_no]:
                if 0 <= line_no - segment.first_line < len(lines):
                    raw = printable(lines[line_no - segment.first_line], self.rules.encoding)
                    yield Reject(segment.name, line_no, raw, "conflicting", kind="conflict")

    def _finish(self) -> None:
        self.sql.log_batched()
        self.counts.check()
        complain(self.sql("consumption/checks/booked_once", inserted=self.counts.inserted))
        if self.counts.inserted:
            self.sql("consumption/apply_load_by_date")
            self.sql("consumption/apply_load_profile")
            self.sql("consumption/apply_user_total")
            self._partitions.analyze()
        self.sql("consumption/clear_deltas")
