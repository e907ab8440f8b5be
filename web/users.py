"""The user table: any filter, any order, any page at the cost of one page."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg2.extensions import AsIs

from web.database import Database
from web.parameters import LARGEST_ID, Cursor, Summary, write_cursor

ROWS = 50
# A search is counted to here; beyond, "more than" says enough.
MOST_COUNTED = 1_000
# Up to so many ids a search is quicker sorted than looked for in the order of another key.
FEW = 20_000
KEYS = {"energy": "energy_wh", "last_reading": "last_measured_at"}
# Below and above every value of a key.
ENDS = {
    "user_id": ("0::bigint", f"{LARGEST_ID}::bigint"),
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
    key = KEYS.get(asked.sort, "user_id")
    ranges = spans(asked.q)
    start, first_id = ENDS[key][descending], LARGEST_ID if descending else 0
    # Ranks before the rows of equal key and id, in the direction of reading.
    tie = 1 if descending else -1
    common: dict[str, Any] = {
        "key": AsIs(key),
        "direction": AsIs("DESC" if descending else "ASC"),
        "beyond": AsIs("<" if descending else ">"),
        "from_value": cursor.value if cursor else AsIs(start),
        "from_id": cursor.user_id if cursor else first_id,
        "area": asked.filters.area,
        "tariff": asked.filters.tariff,
        "status": asked.status,
        "most": ROWS + 1,
    }
    if asked.q and key != "user_id" and _count_to(database, asked, FEW) < FEW:
        from_tie = 0 if cursor else tie
        return database.query("web/search_users", **common, from_tie=from_tie, few=FEW, **_lists(ranges))
    return database.query(
        "web/users_page",
        **common,
        # In the order of ids a span is a stretch of the index; in another order it is a filter.
        **_lists(ranges if key == "user_id" else spans(None)),
        # A range is kept with its end excluded, and nothing comes after the largest number.
        ids="{" + ",".join(f"[{low},{high if high < LARGEST_ID else ''}]" for low, high in ranges) + "}",
        label=asked.sort if asked.sort in ("area", "tariff", "status") else "",
        reaching=AsIs("<=" if descending else ">="),
        from_label=cursor.label if cursor else None,
        start_value=AsIs(start),
        start_id=first_id,
        start_tie=tie,
    )


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
