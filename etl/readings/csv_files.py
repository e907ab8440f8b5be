"""Consumption files as segments: some whole lines, and what their columns mean."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np

from etl.inbox import headers
from etl.inbox.chunks import BOM, CHUNK_BYTES, Chunk, chunks, count_filled, count_line_ends
from etl.inbox.fields import BadField, printable, split
from etl.inbox.files import InboxFile, user_id_in
from etl.inbox.headers import MANY_USERS, ONE_USER
from etl.inbox.rejects import FileFault
from etl.inbox.unfinished import Unfinished

PLAIN_HEADERS = {b"datetime,consumption": ONE_USER, b"datetime,consumption\r": ONE_USER}


class Layout(NamedTuple):
    """What the header says: the columns in file order, and the file's user if it has just one."""

    columns: tuple[str, ...]
    user_id: int | None


@dataclass(frozen=True, slots=True)
class Segment:
    """Whole lines of one file without its header.

    Attributes
    ----------
    file_no : int
        Order in which the files are read; the earlier one wins.
    name : str
        The file as the inbox names it.
    layout : Layout
        The meaning of the columns.
    first_line : int
        Number of the first line of `data` in the file.
    data : bytes
        The lines.
    """

    file_no: int
    name: str
    layout: Layout
    first_line: int
    data: bytes


class ManyUsersFile(Exception):
    """A file named like a user id whose header says that it has many users: its turn comes later."""


@dataclass(frozen=True)
class Reader:
    """Reads consumption files in flat memory.

    Attributes
    ----------
    known_ids : ndarray of int64, ascending
        All users ever registered.
    encoding : str
        `utf-8` or `cp932`.
    expanded_limit : int
        How many bytes a `.gz` may expand to.
    check : callable
        Called for every chunk; may raise to stop.
    unfinished : Unfinished
        Notes the files whose last line has no end.
    """

    known_ids: np.ndarray
    encoding: str
    expanded_limit: int
    check: Callable[[], None] = lambda: None
    unfinished: Unfinished = field(default_factory=Unfinished)

    def small(self, file: InboxFile, user_id: int, file_no: int) -> Segment | None:
        """Read a small file of one user as one segment; None: `segments` takes it, or says what is wrong."""
        data = file.read_small(CHUNK_BYTES // 2)
        if not data:
            return None
        header, _, lines = data.partition(b"\n")
        columns = PLAIN_HEADERS.get(header)
        if columns is None or not is_known(self._known, user_id) or not lines:
            return None
        self.unfinished.look_at(file.name, Chunk(2, lines))
        return Segment(file_no, file.name, Layout(columns, user_id), 2, lines)

    @cached_property
    def _known(self) -> "array[int]":
        # Looked up by Python's bisect, which takes a third of numpy's time for one id.
        return array("q", self.known_ids.tobytes())

    def segments(self, file: InboxFile, file_no: int, one_user: bool) -> Iterator[Segment]:
        """Yield the segments of one file in order."""
        with file.open(self.expanded_limit) as source:
            parts = self._checked(chunks(source))
            header, rest = _split_header(next(parts, Chunk(1, b"")))
            columns = self._columns(header)
            if one_user and sorted(columns) == sorted(MANY_USERS):
                raise ManyUsersFile
            try:
                layout = self._layout(columns, file.name, header)
            except FileFault as fault:
                unnamed = not set(columns) & set(MANY_USERS) and bool(header.strip())
                fault.lines = unnamed + sum(count_filled(part.data) for part in chain([rest], parts))
                raise
            part = rest
            for part in chain([rest], parts):
                if part.data:
                    yield Segment(file_no, file.name, layout, part.first_line, part.data)
        self.unfinished.look_at(file.name, part)

    def _checked(self, parts: Iterator[Chunk]) -> Iterator[Chunk]:
        for part in parts:
            self.check()
            yield part

    def _columns(self, header: bytes) -> tuple[str, ...]:
        try:
            return tuple(split(header.decode(self.encoding)))
        except (UnicodeDecodeError, BadField):
            return ()

    def _layout(self, columns: tuple[str, ...], name: str, header: bytes) -> Layout:
        if sorted(columns) == sorted(MANY_USERS):
            return Layout(columns, None)
        if sorted(columns) != sorted(ONE_USER):
            raise FileFault(name, *headers.undone(header, self.encoding))
        user_id = user_id_in(name)
        if user_id is None:
            raise FileFault(name, "bad_id", printable(name.rpartition("/")[2]))
        if not is_known(self._known, user_id):
            raise FileFault(name, "unknown_user", str(user_id))
        return Layout(columns, user_id)


def is_known(known_ids: "array[int] | np.ndarray", user_id: int) -> bool:
    """Whether `user_id` is among the ascending `known_ids`."""
    place = bisect_left(known_ids, user_id)
    return place < len(known_ids) and int(known_ids[place]) == user_id


def _split_header(first: Chunk) -> tuple[bytes, Chunk]:
    header = (first.data.splitlines() or [b""])[0]
    rest = first.data[len(header) :]
    body = rest[2:] if rest.startswith(b"\r\n") else rest[1:]
    return header.removeprefix(BOM), Chunk(1 + count_line_ends(first.data[: len(header) + 1]), body)
