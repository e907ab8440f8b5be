"""The users unit, part one: `area.csv` and `tariff.csv`, which add names and never take any away."""

from collections.abc import Callable, Iterable
from pathlib import Path

from etl.database.queries import Sql
from etl.inbox import fields
from etl.inbox.counts import Counts
from etl.inbox.csv_records import Table
from etl.inbox.fields import BadField
from etl.inbox.files import InboxFile, find
from etl.inbox.headers import MASTER
from etl.inbox.rejects import Rejects
from etl.inbox.unfinished import Unfinished

MASTERS = ("area", "tariff")


def load(
    sql: Sql,
    data_dir: Path,
    encoding: str,
    rejects: Rejects,
    *,
    check: Callable[[], None],
    unfinished: Unfinished,
    wanted: Iterable[str] = MASTERS,
) -> tuple[list[InboxFile], Counts]:
    """Add the names of the master files that are there; give these files and the counts of their lines."""
    found = [(master, find(data_dir, f"{master}.csv")) for master in wanted]
    counts = Counts()
    for master, file in found:
        if file:
            table = Table(file, MASTER, encoding, rejects, check, unfinished=unfinished)
            names = _names(table, f"bad_{master}")
            new = sql(f"consumption/add_{master}s", names=names)
            counts.add(Counts(table.read, new, unchanged=len(names) - new, rejected=table.rejected))
    return [file for _, file in found if file], counts


def _names(table: Table, reason: str) -> list[str]:
    names: dict[str, None] = {}
    for row in table.rows():
        try:
            names[fields.name(*table.fields(row), reason)] = None
        except BadField as bad:
            table.refuse(row, *bad.reasons)
    return list(names)
