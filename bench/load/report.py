"""What the benchmark of the batch says: one line for each bar."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.load.sides import Outcome
from bench.web.report import aligned

HEADS = ("what", "ratio", "bar", "rows/s", "peak RSS", "measured", "")
Round = dict[str, Outcome]


@dataclass(frozen=True)
class Line:
    """A line of the table.

    Attributes
    ----------
    what : str
        What was measured.
    figure, bar : float or None
        The ratio, or what `unit` says, and the most it may be; None if it was not measured.
    sides : str
        What the figure comes from.
    rate : float or None
        Readings per second.
    rss : int or None
        The most memory of the client, in kB.
    unit : str
        Of figure and bar.
    aim : float or None
        What would be better than the bar.
    """

    what: str
    figure: float | None
    bar: float | None
    sides: str
    rate: float | None = None
    rss: int | None = None
    unit: str = ""
    aim: float | None = None

    @property
    def verdict(self) -> str:
        """PASS or MISS; empty if it was not measured."""
        if self.figure is None or self.bar is None:
            return ""
        return "PASS" if self.figure <= self.bar else "MISS"

    @property
    def texts(self) -> tuple[str, ...]:
        """One text for each of `HEADS`."""
        aim = f" (aim {self.aim:g})" if self.aim else ""
        return (
            self.what,
            "" if self.figure is None else f"{self.figure:.2f}{self.unit}",
            "" if self.bar is None else f"{self.bar:g}{self.unit}{aim}",
            "" if self.rate is None else f"{self.rate:,.0f}",
            "" if self.rss is None else f"{megabytes(self.rss):.0f} MB",
            self.sides,
            self.verdict,
        )


def ratio(what: str, rounds: Sequence[Round], sides: tuple[str, str], bar: float, **more: object) -> Line:
    """Make the line of one side over another: the median of the ratios within the rounds.

    Parameters
    ----------
    what : str
        What was measured.
    rounds : sequence of dict
        One outcome for each side.
    sides : (str, str)
        Whose seconds are divided by whose; `commit` stands for the batch up to its commit.
    bar : float
        The most it may be.
    **more : object
        Further attributes of the line; `rows` is how many readings there are.
    """
    rows = more.pop("rows", None)
    pairs = [tuple(_seconds(outcomes, side) for side in sides) for outcomes in rounds]
    own, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Line(
        what,
        statistics.median(first / second for first, second in pairs),
        bar,
        f"{own:.2f} s, {sides[1]} {other:.2f} s",
        rows / own if isinstance(rows, int) else None,
        max(outcomes["again" if sides[0] == "again" else "batch"].rss for outcomes in rounds),
        **more,
    )


def table(lines: Sequence[Line]) -> str:
    """Write the lines under each other."""
    return aligned([HEADS, *(line.texts for line in lines)])


def machine(version: str) -> str:
    """Say what it was measured on."""
    cpus = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = cpus[0].partition(":")[2].strip() if cpus else platform.machine()
    cores = len(os.sched_getaffinity(0))
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{cores} cores ({model}), {memory:.0f} GiB RAM, PostgreSQL {version} with its default settings,"
        f" Python {platform.python_version()}"
    )


def megabytes(kilobytes: float) -> float:
    """Give MB of what the system counts in kB of 1,024 bytes."""
    return kilobytes * 1024 / 1e6


def _seconds(outcomes: Round, side: str) -> float:
    return outcomes["batch"].events["committed"] if side == "commit" else outcomes[side].seconds
