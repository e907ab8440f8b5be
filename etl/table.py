"""Master and user files, row by row: columns by name in any order, others ignored with a warning."""

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

from etl.inbox import FileFault, InboxFile
from etl.log import log
from etl.rejects import Reject, Rejects, printable

NO_LIMIT = 1 << 62


class Row(NamedTuple):
    """One record: where it begins in the file, its text, and the wanted fields, stripped."""

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

    Attributes
    ----------
    read : int
        Filled records seen so far, refused ones included.
    """

    def __init__(self, file: InboxFile, columns: tuple[str, ...], encoding: str, rejects: Rejects) -> None:
        self.file = file
        self.columns = columns
        # utf-8-sig drops a byte order mark and is utf-8 otherwise.
        self.encoding = "utf-8-sig" if encoding == "utf-8" else encoding
        self.rejects = rejects
        self.read = 0

    def rows(self) -> Iterator[Row]:
        """Yield the records that have as many fields as the header and can be decoded."""
        try:
            with self.file.open(NO_LIMIT) as source:
                lines = _Lines(io.TextIOWrapper(source, self.encoding, errors="surrogateescape", newline=""))
                yield from self._records(lines)
        except FileFault as fault:
            self.read += fault.lines
            self.rejects.add(Reject(self.file.name, None, fault.found, fault.reason, fault.lines))

    def refuse(self, row: Row, reason: str) -> None:
        """Collect a fault of `row`."""
        self.rejects.add(Reject(self.file.name, row.line, printable(row.raw), reason))

    def _records(self, lines: "_Lines") -> Iterator[Row]:
        reader = csv.reader(lines, strict=True, skipinitialspace=True)
        header = [name.strip(" ") for name in next(_valid(reader), [])]
        places = self._places(header, lines)
        while True:
            start = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error:
                fields = []
            row = Row(start, lines.take(), ())
            if not row.raw.strip():
                continue
            self.read += 1
            reason = _fault(row.raw, fields, header)
            if reason:
                self.refuse(row, reason)
            else:
                yield row._replace(fields=tuple(fields[place].strip(" ") for place in places))

    def _places(self, header: list[str], lines: "_Lines") -> list[int]:
        """Where the wanted columns stand."""
        found = lines.take()
        if any(header.count(column) != 1 for column in self.columns):
            headless = bool(found.strip()) and not set(header) & set(self.columns)
            rest = sum(1 for line in lines if line.strip())
            raise FileFault("wrong_header", printable(found), headless + rest)
        extra = [name for name in header if name not in self.columns]
        if extra:
            log.warning("columns ignored", file=self.file.name, columns=",".join(map(printable, extra)))
        return [header.index(column) for column in self.columns]


class _Lines:
    """The lines of a text, remembering those taken since the last look."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._text:
            self._taken.append(line)
            yield line

    def take(self) -> str:
        taken = "".join(self._taken).rstrip("\r\n")
        self._taken.clear()
        return taken


def _valid(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error:
        yield []


def _fault(raw: str, fields: list[str], header: list[str]) -> str | None:
    if not raw.isascii() and any("\udc80" <= char <= "\udcff" for char in raw):
        return "undecodable"
    if len(raw) > csv.field_size_limit():
        return "line_too_long"
    return None if len(fields) == len(header) else "wrong_fields"
