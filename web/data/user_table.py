"""The user table: any filter, any order, any page at the cost of one page."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg2.extensions import AsIs

from web.data.database import Database
from web.data.filters import LARGEST_ID, Cursor, Summary, write_cursor

ROWS = 50
# A search is counted to here; beyond, "more than" says enough.
MOST_COUNTED = 1_000
# Up to so many ids a search is quicker sorted than looked for in the order of another key.
FEW = 20_000
# Columns, operators and ends stand in a query AsIs. They come from the fixed lists of this file alone,
# never from a request. Not by psycopg2.sql: the queries are files with named placeholders, which it
# cannot compose.
KEYS = {"energy": "energy_wh", "last_reading": "last_measured_at"}
# Where a list begins: below every value of a key (but for -infinity: no reading), or above it.
ENDS = {
    "energy_wh": ("'-Infinity'::numeric", "'Infinity'::numeric"),
    "last_measured_at": ("'-infinity'::timestamptz", "'infinity'::timestamptz"),
}


@dataclass(frozen=True)
class User:
    """A row of the table."""

    id: int
    area: str
    tariff: str
    status: str
    energy_wh: Decimal
    last_measured_at: datetime | None
    cursor: str


@dataclass(frozen=True)
class Page:
    """One page of the table: its rows, how many match, and where the pages beside it begin."""

    users: list[User]
    count: int
    more_than: bool
    before: str | None
    after: str | None


def page(database: Database, asked: Summary) -> Page:
    """Fetch the page that `asked` names.

    Parameters
    ----------
    database : Database
        To ask.
    asked : Summary
        Filters, order and cursor.

    Returns
    -------
    Page
        At most `ROWS` users; energies in Wh.
    """
    cursor = asked.cursor
    backwards = asked.last or (cursor is not None and cursor.backwards)
    rows = _fetch(database, asked, cursor, asked.descending != backwards)
    more = len(rows) > ROWS
    users = [_user(row) for row in (rows[:ROWS][::-1] if backwards else rows[:ROWS])]
    count, more_than = _count(database, asked)
    has_before = more if backwards else cursor is not None
    has_after = (cursor is not None) if backwards else more
    return Page(
        users,
        count,
        more_than,
        users[0].cursor if users and has_before else None,
        users[-1].cursor if users and has_after else None,
    )


def spans(prefix: str | None) -> list[tuple[int, int]]:
    """List the ranges of ids that begin with the digits of `prefix`.

    Examples
    --------
    >>> spans("12")[:3]
    [(12, 12), (120, 129), (1200, 1299)]
    """
    if prefix is None:
        return [(1, LARGEST_ID)]
    found, low, size = [], int(prefix), 1
    while low <= LARGEST_ID:
        found.append((low, min(low + size - 1, LARGEST_ID)))
        low, size = low * 10, size * 10
    return found


def _fetch(database: Database, asked: Summary, cursor: Cursor | None, descending: bool) -> list[tuple]:
    key = KEYS.get(asked.sort)
    common: dict[str, Any] = {
        "direction": AsIs("DESC" if descending else "ASC"),
        "area": asked.filters.area,
        "tariff": asked.filters.tariff,
        "status": asked.status,
        "most": ROWS + 1,
    }
    if key is None:
        return _fetch_by_id(database, asked, cursor, descending, common)
    common |= {
        "key": AsIs(key),
        # With <= and the id beside the cursor's: for < the planner expects hardly a row where most users
        # have one last reading, and sorts them all.
        "beyond": AsIs("<=" if descending else ">="),
        "from_value": cursor.value if cursor else AsIs(ENDS[key][descending]),
        "from_id": (cursor.user_id if cursor else 0) + (-1 if descending else 1),
    }
    if asked.q and _count_to(database, asked, FEW) < FEW:
        return database.query("web/search_users", **common, **_lists(spans(asked.q)), few=FEW)
    return database.query("web/users_by_key", **common, ids=_multirange(asked.q))


def _fetch_by_id(
    database: Database, asked: Summary, cursor: Cursor | None, descending: bool, common: dict[str, Any]
) -> list[tuple]:
    low, high = 1, LARGEST_ID
    if cursor and descending:
        high = cursor.user_id - 1
    elif cursor:
        # Beyond the largest there is none, and no number to say so.
        low, high = (cursor.user_id + 1, high) if cursor.user_id < high else (high, low)
    return database.query(
        "web/users_by_id",
        **common,
        **_lists(spans(asked.q)),
        reaching=AsIs("<=" if descending else ">="),
        label=asked.sort,
        from_label=cursor.label if cursor else None,
        from_low=low,
        from_high=high,
    )


def _multirange(prefix: str | None) -> str | None:
    """Write the ids of a search; a range is kept with its end excluded: nothing is above the largest."""
    if prefix is None:
        return None
    ranges = [f"[{low},{high if high < LARGEST_ID else ''}]" for low, high in spans(prefix)]
    return "{" + ",".join(ranges) + "}"


def _lists(ranges: list[tuple[int, int]]) -> dict[str, list[int]]:
    return {"lows": [low for low, _ in ranges], "highs": [high for _, high in ranges]}


def _count(database: Database, asked: Summary) -> tuple[int, bool]:
    if asked.q:
        found = _count_to(database, asked, MOST_COUNTED + 1)
        return min(found, MOST_COUNTED), found > MOST_COUNTED
    filters = asked.filters
    count = database.query("web/count_users", area=filters.area, tariff=filters.tariff, status=asked.status)
    return count, False


def _count_to(database: Database, asked: Summary, most: int) -> int:
    return database.query(
        "web/count_found_users",
        **_lists(spans(asked.q)),
        area=asked.filters.area,
        tariff=asked.filters.tariff,
        status=asked.status,
        most=most,
    )


def _user(row: tuple) -> User:
    *shown, label, last, key = row
    return User(*shown, last, write_cursor(label, key, row[0]))
