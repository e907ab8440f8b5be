"""The readings unit: batches of files into `reading` and the aggregates.

A reading is loaded in one of two ways. Directly, into a partition that is new in this run: COPY into a
table that gets its key and is attached at the end, while its sums are made here. Staged, if the partition
exists already or the reading may repeat an earlier one of its user: COPY into a temporary table,
INSERT .. ON CONFLICT, sums in SQL. Which way it took is visible in no result.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from math import log10

from etl.config import Config
from etl.database.checks import complain
from etl.database.copy_rows import DECIMALS
from etl.database.copy_thread import Writer
from etl.database.queries import Sql, integers
from etl.inbox.counts import Counts
from etl.inbox.fields import Times
from etl.inbox.files import InboxFile
from etl.inbox.rejects import CONFLICTING, FileFault, Reject, Rejects
from etl.inbox.unfinished import Unfinished
from etl.readings.batch import Outcome, Rules
from etl.readings.batches import Batches, Event, LargeBegins, LargeEnds, Parsed, ahead
from etl.readings.csv_files import Reader, Segment
from etl.readings.direct_load import DirectLoad
from etl.readings.staged_load import StagedLoad


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
    on_progress: Callable[[Counts, int], None]
    check: Callable[[], None]
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        wh_per_unit = 1000 if self.config.consumption_unit == "kWh" else 1
        scale = DECIMALS - round(log10(wh_per_unit))
        self._writer = Writer(self.sql.connection)
        self._direct = DirectLoad(self.sql, self._writer, self.config, self.rules.known_ids, scale)
        self._staged = StagedLoad(self.sql, self._writer, wh_per_unit, self.config.tz)

    @classmethod
    def of(
        cls,
        sql: Sql,
        config: Config,
        rejects: Rejects,
        on_progress: Callable[[Counts, int], None],
        *,
        check: Callable[[], None],
        unfinished: Unfinished,
    ) -> "Loader":
        """Make one that judges lines by the settings and by the users there are now.

        Parameters
        ----------
        sql, config, rejects, on_progress, check
            As the attributes.
        unfinished : Unfinished
            Notes the files whose last line has no end.
        """
        known_ids = integers(sql("readings/user_ids"))
        reader = Reader(known_ids, config.csv_encoding, config.max_expanded_mb << 20, check, unfinished)
        rules = Rules(Times.until_now(config.zone), known_ids, config.csv_encoding)
        return cls(sql, config, reader, rules, rejects, on_progress, check)

    def load(self, files: list[InboxFile]) -> None:
        """Load all files, in the order that decides which of two repeats is first.

        Raises
        ------
        CheckFailed
            If the counts or the aggregates do not add up.
        UnitRefused
            If too many partitions would be needed.
        """
        batches = Batches(files, self.reader, self.rules, self.check)
        with closing(self._writer), closing(ahead(iter(batches))) as events:
            for event in events:
                if isinstance(event, LargeBegins):
                    self._load_large(events)
                else:
                    self._load(event)
            self._direct.finish()
        self._finish()

    def _load_large(self, events: Iterator[Event]) -> None:
        """Load a file of several batches; a fault at its end takes out what was loaded of it."""
        before, faults = replace(self.counts), self.rejects
        self.rejects = Rejects()
        try:
            with self._direct.savepoint():
                for event in events:
                    if isinstance(event, FileFault):
                        raise event
                    if isinstance(event, LargeEnds):
                        break
                    self._load(event)
        except FileFault as fault:
            fault.lines += self.counts.read - before.read
            self.counts, self.rejects = before, faults
            self._refuse(fault)
        finally:
            if self.rejects is not faults:
                faults.merge(self.rejects)
                self.rejects = faults

    def _load(self, event: Event) -> None:
        if isinstance(event, FileFault):
            self._refuse(event)
        elif isinstance(event, Parsed):
            self._load_batch(event)
            self.on_progress(self.counts, event.files_done)

    def _refuse(self, fault: FileFault) -> None:
        self.counts.read += fault.lines
        self.counts.rejected += fault.lines
        self.rejects.add(fault.reject())

    def _load_batch(self, parsed: Parsed) -> None:
        batch = parsed.batch
        self.counts.read += batch.read
        self.counts.rejected += batch.read - len(batch.frame)
        for reject in batch.rejects:
            self.rejects.add(reject)
        if not len(batch.frame):
            return
        rest, outcome = self._direct.take(batch.frame, self.rejects.room)
        if len(rest):
            outcome = outcome.plus(self._staged.take(rest, self.rejects.room))
        self._note(outcome, parsed.segments)

    def _note(self, outcome: Outcome, segments: list[Segment]) -> None:
        self.counts.inserted += outcome.inserted
        self.counts.identical += outcome.identical
        self.counts.conflicting += outcome.conflicting
        if outcome.conflicts:
            self.rejects.note_conflicts(self._conflicts(outcome.conflicts, segments))

    def _conflicts(self, rows: Sequence[tuple[int, int]], segments: list[Segment]) -> Iterator[Reject]:
        wanted: dict[int, list[int]] = {}
        for file_no, line_no in rows:
            wanted.setdefault(file_no, []).append(line_no)
        for segment in segments:
            if segment.file_no not in wanted:
                continue
            lines = segment.data.splitlines()
            for line_no in wanted[segment.file_no]:
                if 0 <= line_no - segment.first_line < len(lines):
                    raw = lines[line_no - segment.first_line]
                    yield Reject.of_line(segment.name, line_no, raw, CONFLICTING, self.rules.encoding)

    def _finish(self) -> None:
        self.sql.log_batched()
        self.counts.check("readings")
        if self.counts.inserted:
            self.sql("readings/apply_user_total")
        complain(self.sql("readings/checks/booked_once", inserted=self.counts.inserted))
        if self.counts.inserted:
            self.sql("readings/apply_load_by_date")
            self.sql("readings/apply_load_profile")
            self._direct.analyze()
        self.sql("readings/clear_deltas")
