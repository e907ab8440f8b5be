"""The viewer's benchmark: `make bench-web`, or `python -m bench.web [SECTION ...]`.

Warm pages against an empty view, cold pages of a large database against a small one and of partitions
against a plain table, and what goes on at the same time. Prints one table; exits 1 if a bar is missed.
All ratios are of one run. It needs wrk, some 5 GB in the folder for temporary files, and 8 minutes.
"""

import argparse
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter

from bench.web import batch, cold, paging, runs, views, warm
from bench.web.cold import Viewer
from bench.web.databases import Cluster, cluster
from bench.web.fill import fill
from bench.web.report import Row, table, tell
from etl import log
from etl.config import Config

# Name: users, days of readings, more days of aggregates, plain; `batch` is filled by the batch.
DATABASES = {
    "large": (300_000, 1, 30, False),
    "long": (200, 730, 0, False),
    "plain": (200, 730, 0, True),
    "small": (60, 1, 30, False),
    "batch": (),
    "runs_many": (),
    "runs_few": (),
}
Configs = dict[str, Config]
# Name: the databases it needs, and what measures it.
SECTIONS: dict[str, tuple[tuple[str, ...], Callable[[Configs], list[Row]]]] = {
    "warm": (("large",), lambda given: warm.measure(given["large"])),
    "summary": (
        ("large", "small"),
        lambda given: cold.summary(Viewer(given["large"]), Viewer(given["small"])),
    ),
    "users": (
        ("large", "small"),
        lambda given: paging.measure(Viewer(given["large"]), Viewer(given["small"])),
    ),
    "detail": (("long", "plain"), lambda given: cold.detail(Viewer(given["long"]), Viewer(given["plain"]))),
    "crowd": (("long",), lambda given: views.crowd(given["long"])),
    "size": (("large",), lambda given: views.size(given["large"])),
    "runs": (("runs_many", "runs_few"), lambda given: runs.measure(given["runs_many"], given["runs_few"])),
    "batch": (("batch",), lambda given: batch.measure(given["batch"])),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the sections asked for, all by default; 0 if every bar is met.

    Parameters
    ----------
    argv : sequence of str, optional
        Stands for `sys.argv[1:]`.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.web", description=__doc__.splitlines()[0])
    parser.add_argument("section", nargs="*", help=f"of: {', '.join(SECTIONS)} (default: all)")
    wanted = parser.parse_args(argv).section or list(SECTIONS)
    unknown = sorted(set(wanted) - set(SECTIONS))
    if unknown:
        parser.error(f"no such section: {', '.join(unknown)}")
    # What is told to end must leave no server behind, and no folder of 5 GB.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    log.set_up(Config(), file=False)
    log.logger.setLevel(logging.WARNING)
    with cluster() as server:
        configs = _databases(server, {name for section in wanted for name in SECTIONS[section][0]})
        rows = [row for section in wanted for row in _measure(section, configs)]
    print(table(rows))
    return int(any(row.ok is False for row in rows))


def _databases(server: Cluster, wanted: set[str]) -> Configs:
    started = perf_counter()
    tell(f"making databases: {', '.join(sorted(wanted))}")
    configs = {name: server.create(name) for name in DATABASES if name in wanted}
    with ThreadPoolExecutor(2) as pool:
        filled = [pool.submit(fill, configs[name], *DATABASES[name]) for name in configs if DATABASES[name]]
        for one in filled:
            one.result()
    tell(f"  {perf_counter() - started:.0f} s")
    return configs


def _measure(section: str, configs: Configs) -> list[Row]:
    started = perf_counter()
    tell(f"{section}:")
    rows = SECTIONS[section][1](configs)
    tell(f"  {perf_counter() - started:.0f} s")
    return rows


if __name__ == "__main__":
    sys.exit(main())
