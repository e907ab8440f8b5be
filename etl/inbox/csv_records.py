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


class Row(NamedTuple):
    """One record, which is one line: where it is in the file, and its text."""

    line: int
    raw: str


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
        self._header: list[str] = []
        self._places: list[int] = []

    def rows(self) -> Iterator[Row]:
        """Yield the filled lines below the header."""
        try:
            with self.file.open(self.expanded_limit) as source:
                yield from self._records(self._lines(source))
        except FileFault as fault:
            self.read += fault.lines
            self.rejected = fault.lines = self.read
            self.fault = fault
            self.rejects.add(fault.reject())

    def fields(self, row: Row) -> list[str]:
        """Take a record apart: the wanted fields, stripped.

        Parameters
        ----------
        row : Row
            Of this file.

        Raises
        ------
        BadField
            line_too_long, undecodable or wrong_fields.
        """
        # A character has four bytes at most.
        if len(row.raw) * 4 > LONGEST_LINE and len(self._bytes(row.raw)) > LONGEST_LINE:
            raise BadField("line_too_long")
        if not row.raw.isascii() and any("\udc80" <= char <= "\udcff" for char in row.raw):
            raise BadField("undecodable")
        fields = split(row.raw)
        if len(fields) != len(self._header):
            raise BadField("wrong_fields")
        return [fields[place] for place in self._places]

    def refuse(self, row: Row, *reasons: str) -> None:
        """Collect the faults of `row`, which is one refused line whatever their number."""
        self.rejected += 1
        for reason in reasons:
            self.rejects.add(Reject.of_line(self.file.name, row.line, row.raw, reason))

    def _records(self, lines: Iterator[Row]) -> Iterator[Row]:
        self._header = self._read_header(lines)
        self._places = [self._header.index(column) for column in self.columns]
        for row in lines:
            if row.raw.strip():
                self.read += 1
                yield row

    def _lines(self, source: Readable) -> Iterator[Row]:
        """The physical lines as text, numbered; bytes that cannot be decoded come as surrogates."""
        chunk = Chunk(1, b"")
        for chunk in chunks(source):
            data = chunk.data.removeprefix(BOM) if chunk.first_line == 1 else chunk.data
            for number, raw in enumerate(data.splitlines(), chunk.first_line):
                if number % LINES_BETWEEN_CHECKS == 0:
                    self.check()
                yield Row(number, raw.decode(self.encoding, "surrogateescape"))
        self.unfinished.look_at(self.file.name, chunk)

    def _read_header(self, lines: Iterator[Row]) -> list[str]:
        _, found = next(lines, Row(1, ""))
        try:
            header = split(found)
        except BadField:
            header = []
        if any(header.count(column) != 1 for column in self.columns):
            headless = bool(found.strip()) and not set(header) & set(self.columns)
            rest = sum(1 for _, line in lines if line.strip())
            raise FileFault(
                self.file.name, *headers.undone(self._bytes(found), self.encoding), headless + rest
            )
        extra = [name for name in header if name not in self.columns]
        if extra:
            log.warning("columns ignored", file=self.file.label, columns=",".join(map(printable, extra)))
        return header

    def _bytes(self, text: str) -> bytes:
        return text.encode(self.encoding, "surrogateescape")
