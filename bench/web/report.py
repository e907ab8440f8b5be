"""What the benchmark says: one table of rows, and progress on stderr; measures nothing."""

import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

TIMES = 20
HEADS = ("what", "measured", "ratio", "bar", "ok")


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes
    ----------
    what : str
        What was measured.
    measured : str
        The figures, with units.
    ratio : float or None
        One side over the other.
    bar : str
        What is asked for; empty for information.
    ok : bool or None
        Whether it is met; None without a bar.
    """

    what: str
    measured: str
    ratio: float | None = None
    bar: str = ""
    ok: bool | None = None


@dataclass(frozen=True)
class Pair:
    """Two sides measured in turns: median seconds of each."""

    name: str
    large: float
    small: float

    @property
    def ratio(self) -> float:
        """How many times longer the first side takes."""
        return self.large / self.small

    def __str__(self) -> str:
        """Write both in milliseconds."""
        return f"{self.large * 1000:.1f} / {self.small * 1000:.1f} ms ({self.name})"


def compare(
    name: str, large: Callable[[], float], small: Callable[[], float], times: int = TIMES, warm: int = 2
) -> Pair:
    """Measure two sides in turns.

    Parameters
    ----------
    name : str
        Of the case.
    large, small : callable
        Do the work once and return its seconds.
    times : int
        How many measurements each median is of.
    warm : int
        How many calls before: connections open, buffers and catalogs warm.
    """
    for _ in range(warm):
        large(), small()
    seconds = [(large(), small()) for _ in range(times)]
    return Pair(name, *(statistics.median(side) for side in zip(*seconds, strict=True)))


def timed(work: Callable[[], object]) -> float:
    """Give the seconds that `work` takes."""
    started = perf_counter()
    work()
    return perf_counter() - started


def at_most(what: str, pairs: list[Pair], bar: float) -> Row:
    """Make the row of the worst pair."""
    worst = max(pairs, key=lambda pair: pair.ratio)
    return Row(what, str(worst), worst.ratio, f"at most {bar:g}", worst.ratio <= bar)


def tell(text: str) -> None:
    """Write a line of progress."""
    print(text, file=sys.stderr, flush=True)


def table(rows: list[Row]) -> str:
    """Write the rows as a table with aligned columns."""
    return aligned([HEADS, *(_texts(row) for row in rows)])


def aligned(lines: list[tuple[str, ...]]) -> str:
    """Write lines of texts under each other, the first of them as a head."""
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in (lines[0], rule, *lines[1:])
    )


def _texts(row: Row) -> tuple[str, ...]:
    ok = "" if row.ok is None else ("yes" if row.ok else "NO")
    return row.what, row.measured, "" if row.ratio is None else f"{row.ratio:.2f}", row.bar, ok
