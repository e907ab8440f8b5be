"""Files as chunks of whole physical lines, in flat memory, with the number of the first line."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

CHUNK_BYTES = 2 << 20
LONGEST_LINE = 1 << 16
LINES_BETWEEN_CHECKS = 1_000
BOM = b"\xef\xbb\xbf"


class Readable(Protocol):
    """Whatever gives bytes."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes; none at the end."""
        ...


class Chunk(NamedTuple):
    """Whole lines of a file; `first_line` is the number of the first, the file's first being 1."""

    first_line: int
    data: bytes


def chunks(source: Readable, size: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """Cut `source` at line ends (LF, CRLF or CR).

    A line longer than `size` comes shortened, still longer than `LONGEST_LINE`; its rest is dropped.

    Parameters
    ----------
    source : Readable
        An open file.
    size : int
        Bytes to read at once; a chunk holds at most about twice as many.

    Examples
    --------
    >>> import io
    >>> list(chunks(io.BytesIO(b"one"), size=4))
    [Chunk(first_line=1, data=b'one')]
    """
    line, rest, too_long = 1, b"", False
    while block := source.read(size):
        rest += block
        if len(block) < size and not too_long:
            break  # the end: what is left is one chunk, whether its last line has an end or not
        cut = _last_line_end(rest)
        if too_long:
            cut, rest, too_long = _skip_line(rest)
            if too_long:
                continue
        if cut == 0 and len(rest) > max(size, LONGEST_LINE + 1):
            rest, too_long = _head(rest), True
            continue
        if cut:
            yield Chunk(line, rest[:cut])
            line += count_line_ends(rest[:cut])
            rest = rest[cut:]
    if rest:
        yield Chunk(line, rest)


def count_line_ends(data: bytes) -> int:
    """How many lines end in `data`, by LF, CRLF or CR."""
    return data.count(b"\n") + (data.count(b"\r") - data.count(b"\r\n") if b"\r" in data else 0)


def count_filled(data: bytes) -> int:
    """How many lines of `data` are not blank."""
    return sum(1 for line in data.splitlines() if line.strip())


def _last_line_end(data: bytes) -> int:
    """The offset after the last line end; a CR at the very end may be half of a CRLF and waits."""
    return max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(data) - 1)) + 1


def _skip_line(rest: bytes) -> tuple[int, bytes, bool]:
    """Drop what follows the kept head of an overlong line, up to its end."""
    tail = rest[LONGEST_LINE + 1 :]
    ends = [end for end in (tail.find(b"\n"), tail.find(b"\r", 0, len(tail) - 1)) if end >= 0]
    if not ends:
        return 0, _head(rest), True
    rest = rest[: LONGEST_LINE + 1] + tail[min(ends) :]
    return _last_line_end(rest), rest, False


def _head(rest: bytes) -> bytes:
    """What is kept of an overlong line: its start, and a CR at the end that may be half of a CRLF."""
    return rest[: LONGEST_LINE + 1] + (b"\r" if rest.endswith(b"\r") else b"")
