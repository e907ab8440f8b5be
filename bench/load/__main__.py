"""The batch's benchmark: `make bench`, or `python -m bench.load [CASE ...] [--quick]`.

`python -m etl.main` against what PostgreSQL itself needs for the same rows. Both sides run in turn on one
server with its default settings, a checkpoint before each; ratios are within a round, and the median of
the rounds counts. What is in the database is compared with the input after every run. It prints one
table; exits 1 if a figure is wrong or, at full size, a bar is missed. It needs some 10 GB in the folder
for temporary files and 20 minutes.
"""

import argparse
import logging
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import perf_counter

from bench.load import fresh, history, memory
from bench.load.databases import Databases
from bench.load.ground import Ground
from bench.load.report import Line, machine, table
from bench.load.sizes import SIZES, Sizes
from bench.web.databases import cluster
from bench.web.report import tell
from etl import log
from etl.config import Config

# Name: what measures it. Those of a day share their rounds.
ALONE: dict[str, Callable[[Ground, Sizes], list[Line]]] = {
    "nation": fresh.nation,
    "real": fresh.real,
    "year": fresh.year,
    "history": history.history,
    "late": history.late,
    "memory": memory.one_file,
}
CASES = (*fresh.SIDES, *ALONE)
SMALL = (
    "Sizes are small: the bars are meant for the full size, and Python's start weighs on what takes a second"
    " or less. So a MISS is no failure here; wrong figures in the database are."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the cases asked for, all by default; 0 if every figure is right and every bar is met.

    Parameters
    ----------
    argv : sequence of str, optional
        Stands for `sys.argv[1:]`.
    """
    given = _arguments(argv)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    log.set_up(Config(), file=False)
    log.logger.setLevel(logging.WARNING)
    lines: list[Line] = []
    with cluster({}) as server:
        ground = Ground(Databases(server))
        try:
            for line in measure(ground, given.case or CASES, SIZES[given.size]):
                lines.append(line)
        except RuntimeError as error:
            fault = str(error)
        else:
            fault = ""
        ((version,),) = ground.databases.ask(server.url, "SHOW server_version")
    print(machine(version))
    print(table(lines))
    if given.size != "full":
        print(SMALL)
    if fault:
        print(f"error: {fault}", file=sys.stderr)
    missed = given.size == "full" and any(line.verdict == "MISS" for line in lines)
    return int(bool(fault) or missed)


def measure(ground: Ground, wanted: Sequence[str], sizes: Sizes) -> Iterator[Line]:
    """Give the lines of the cases.

    Parameters
    ----------
    ground : Ground
        Where.
    wanted : sequence of str
        Of `CASES`.
    sizes : Sizes
        How much to load.

    Raises
    ------
    RuntimeError
        If a run fails or leaves anything but the input.
    """
    of_a_day = [name for name in fresh.SIDES if name in wanted]
    if of_a_day:
        yield from _tell(", ".join(of_a_day), partial(fresh.day, ground, sizes, of_a_day))
    for name, case in ALONE.items():
        if name in wanted:
            yield from _tell(name, partial(case, ground, sizes))
    yield from memory.peak(ground)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="*", help=f"of: {', '.join(CASES)} (default: all)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="less, in 5 minutes")
    size.add_argument("--tiny", dest="size", action="store_const", const="tiny", help="to test the benchmark")
    parser.set_defaults(size="full")
    given = parser.parse_args(argv)
    unknown = sorted(set(given.case) - set(CASES))
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}")
    return given


def _tell(name: str, case: Callable[[], list[Line]]) -> list[Line]:
    started = perf_counter()
    tell(f"{name}:")
    lines = case()
    tell(f"  {perf_counter() - started:.0f} s")
    for line in lines:
        tell(f"  {' | '.join(line.texts)}")
    return lines


def _leave(_number: int, _frame: object) -> None:
    """End, leaving no process and no folder behind; a second signal does not disturb that."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
