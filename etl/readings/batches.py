"""Consumption files, in the order that decides which of two repeats is first, as parsed batches.

No database here: so that the next batch can be read while the database takes the last one.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from typing import TypeVar

from etl.inbox.chunks import count_filled
from etl.inbox.files import InboxFile, reading_order
from etl.inbox.rejects import FileFault
from etl.readings import parse
from etl.readings.batch import Batch, Rules
from etl.readings.csv_files import ManyUsersFile, Reader, Segment

BATCH_BYTES = 1 << 20
Item = TypeVar("Item")


@dataclass(frozen=True)
class Parsed:
    """A batch, the segments it comes from, and how many files are done with it."""

    batch: Batch
    segments: list[Segment]
    files_done: int


@dataclass(frozen=True)
class LargeBegins:
    """The batches that follow are of one large file, whose fault may show at its end only.

    A `FileFault` in place of `LargeEnds` means that what was in these batches must be taken out.
    """


@dataclass(frozen=True)
class LargeEnds:
    """A large file is over, and it has no fault."""


Event = Parsed | LargeBegins | LargeEnds | FileFault


class Batches:
    """Reads files and parses them in batches of some megabytes.

    Parameters
    ----------
    files : list of InboxFile
        Those named like a user id by number, then the others.
    reader, rules
        How files are read and lines judged.
    check : callable
        Called often; may raise to stop.
    """

    def __init__(
        self, files: list[InboxFile], reader: Reader, rules: Rules, check: Callable[[], None]
    ) -> None:
        self._files = files
        self._reader = reader
        self._rules = rules
        self._check = check
        self._pending: list[Segment] = []
        self._pending_bytes = 0
        self._file_no = 0
        self._files_done = 0

    def __iter__(self) -> Iterator[Event]:
        """Yield what happens, in order; files of many users come last."""
        later: list[InboxFile] = []
        for file in self._files:
            self._check()
            user_id = file.user_id
            if user_id is None:
                later.append(file)
                continue
            self._file_no += 1
            small = self._reader.small(file, user_id, self._file_no)
            try:
                yield from self._add(small) if small else self._any_file(file, one_user=True)
            except ManyUsersFile:
                later.append(file)
            else:
                self._files_done += 1
        for file in sorted(later, key=lambda file: reading_order(file.name)):
            self._check()
            self._file_no += 1
            yield from self._any_file(file, one_user=False)
            self._files_done += 1
        yield from self._flush()

    def _any_file(self, file: InboxFile, one_user: bool) -> Iterable[Event]:
        first: list[Segment] = []
        try:
            segments = self._reader.segments(file, self._file_no, one_user)
            for segment in segments:
                first.append(segment)
                if len(first) == 2:
                    yield from self._large(chain(first, segments))
                    return
        except FileFault as fault:
            fault.lines += sum(count_filled(one.data) for one in first)
            yield fault
            return
        for segment in first:
            yield from self._add(segment)

    def _large(self, segments: Iterator[Segment]) -> Iterator[Event]:
        yield from self._flush()
        yield LargeBegins()
        try:
            for segment in segments:
                yield from self._add(segment)
            yield from self._flush()
        except FileFault as fault:
            fault.lines += sum(count_filled(one.data) for one in self._pending)
            self._pending, self._pending_bytes = [], 0
            yield fault
        else:
            yield LargeEnds()

    def _add(self, segment: Segment) -> Iterable[Event]:
        self._pending.append(segment)
        self._pending_bytes += len(segment.data)
        return self._flush() if self._pending_bytes >= BATCH_BYTES else ()

    def _flush(self) -> Iterable[Event]:
        if not self._pending:
            return ()
        batch = parse.parse(self._pending, self._rules, self._check)
        segments, self._pending, self._pending_bytes = self._pending, [], 0
        return (Parsed(batch, segments, self._files_done),)


def ahead(items: Iterator[Item]) -> Generator[Item]:
    """Yield the items, making each next one in a thread of its own while the last is in use."""

    def following() -> list[Item]:
        return list(islice(items, 1))

    with ThreadPoolExecutor(1, thread_name_prefix="reader") as pool:
        coming = pool.submit(following)
        while made := coming.result():
            coming = pool.submit(following)
            yield from made
