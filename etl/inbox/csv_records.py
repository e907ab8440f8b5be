"""Files with a header, line by line: columns by name in any order, others ignored with a warning."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from etl.inbox import headers
from etl.inbox.chunks import BOM, LINES_BETWEEN_CHECKS, LONGEST_LINE, Chunk, Readable, chunks
from etl.inbox.fields import BadField, printable, split
from etl.inbox.files import InboxFile
from etl.inbox.rejects import FileFault, Reject, Rejects
from etl.inbox.unfinished import Unfinished
from etl.log import log

NO_LIMIT = 1 << 62

Line = tuple[int, str]


class Row(NamedTuple):
    """One record, which is one line: where it is in the file, its text, and the wanted fields, stripped."""

    line: int
    raw: str
    fields: tuple[str, ...]


class Table:
    """A file with a header, read once; what is refused goes to `rejects`.

    Parameters
    ----------
    file : InboxFile
        The file.
    columns : tuple of str
        The wanted columns.
    encoding : str
        `utf-8` or `cp932`.
    rejects : Rejects
        Collects every fault.
    check : callable
        Called often; may raise to stop.
    expanded_limit : int
        How many bytes a `.gz` may expand to.
    unfinished : Unfinished, optional
        Notes the file if its last line has no end.

    Attributes
    ----------
    read, rejected : int
        Filled records seen so far, and how many of them were refused.
    fault : FileFault or None
        At the end: what is wrong with the file as a whole. Then no row of it counts.
    """

    def __init__(
        self,
        file: InboxFile,
        columns: tuple[str, ...],
        encoding: str,
        rejects: Rejects,
        check: Callable[[], None] = lambda: None,
        *,
        expanded_limit: int = NO_LIMIT,
        unfinished: Unfinished | None = None,
    ) -> None:
        self.file = file
        self.columns = columns
        self.encoding = encoding
        self.rejects = rejects
        self.check = check
        self.expanded_limit = expanded_limit
        self.unfinished = unfinished or Unfinished()
        self.fault: FileFault | None = None
        self.read = self.rejected = 0

    def rows(self) -> Iterator[Row]:
        """Yield the records that have as many fields as the header and can be decoded."""
        try:
            with self.file.open(self.expanded_limit) as source:
                yield from self._records(self._lines(source))
        except FileFault as fault:
            self.read += fault.lines
            self.rejected = fault.lines = self.read
            self.fault = fault
            self.rejects.add(fault.reject())

    def refuse(self, row: Row, *reasons: str) -> None:
        """Collect the faults of `row`, which is one refused line whatever their number."""
        self.rejected += 1
        for reason in reasons:
            self.rejects.add(Reject.of_line(self.file.name, row.line, row.raw, reason))

    def _records(self, lines: Iterator[Line]) -> Iterator[Row]:
        header = self._header(lines)
        places = [header.index(column) for column in self.columns]
        for number, raw in lines:
            if not raw.strip():
                continue
            self.read += 1
            row = Row(number, raw, ())
            try:
                fields = _split(raw, len(header))
            except BadField as bad:
                self.refuse(row, *bad.reasons)
            else:
                yield row._replace(fields=tuple(fields[place] for place in places))

    def _lines(self, source: Readable) -> Iterator[Line]:
        """The physical lines as text, numbered; bytes that cannot be decoded come as surrogates."""
        chunk = Chunk(1, b"")
        for chunk in chunks(source):
            data = chunk.data.removeprefix(BOM) if chunk.first_line == 1 else chunk.data
            for number, raw in enumerate(data.splitlines(), chunk.first_line):
                if number % LINES_BETWEEN_CHECKS == 0:
                    self.check()
                yield number, raw.decode(self.encoding, "surrogateescape")
        self.unfinished.look_at(self.file.name, chunk)

    def _header(self, lines: Iterator[Line]) -> list[str]:
        _, found = next(lines, (1, ""))
        try:
            header = split(found)
        except BadField:
            header = []
        if any(header.count(column) != 1 for column in self.columns):
            headless = bool(found.strip()) and not set(header) & set(self.columns)
            rest = sum(1 for _, line in lines if line.strip())
            raw = found.encode(self.encoding, "surrogateescape")
            raise FileFault(self.file.name, *headers.undone(raw, self.encoding), headless + rest)
        extra = [name for name in header if name not in self.columns]
        if extra:
            log.warning("columns ignored", file=self.file.label, columns=",".join(map(printable, extra)))
        return header


def _split(raw: str, columns: int) -> list[str]:
    if any("\udc80" <= char <= "\udcff" for char in raw):
        raise BadField("undecodable")
    if len(raw) > LONGEST_LINE:
        raise BadField("line_too_long")
    fields = split(raw)
    if len(fields) != columns:
        raise BadField("wrong_fields")
    return fields
