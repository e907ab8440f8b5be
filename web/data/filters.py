"""What a figure or a page of the user table is made of."""

import re
from dataclasses import dataclass
from datetime import date, datetime

LARGEST_ID = 2**63 - 1
# As PostgreSQL writes it.
INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d){0,2}", re.ASCII)
ENERGY = re.compile(r"\d{1,30}(\.\d{1,12})?", re.ASCII)
LABELLED = ("area", "tariff", "status")
SORTS = ("id", *LABELLED, "last_reading", "energy")


@dataclass(frozen=True)
class Filters:
    """Which readings a figure is made of."""

    start_date: date | None = None
    end_date: date | None = None
    area: str | None = None
    tariff: str | None = None


@dataclass(frozen=True)
class EnergyFilters:
    """Which days the energy page shows, and of which source."""

    dates: Filters = Filters()
    source: str | None = None


@dataclass(frozen=True)
class Cursor:
    """A row of the user table that a page begins after, or ends before."""

    backwards: bool
    label: str
    value: str
    user_id: int


@dataclass(frozen=True)
class Summary:
    """The summary page's parameters."""

    filters: Filters
    measure: str
    split: str | None
    q: str | None
    status: str | None
    sort: str
    descending: bool
    cursor: Cursor | None
    last: bool


def write_cursor(label: str, value: str, user_id: int) -> str:
    """Write a row's place in the order as `label~value~id`; the value as PostgreSQL writes it."""
    return f"{label}~{value}~{user_id}"


def read_cursor(text: str, backwards: bool, sort: str) -> Cursor:
    """Read what `write_cursor` wrote.

    Parameters
    ----------
    text : str
        Of an address.
    backwards : bool
        Whether the page ends before the row.
    sort : str
        One of `SORTS`: what the table is sorted by.

    Raises
    ------
    ValueError
        If no row has this place in that order.
    """
    label, value, user_id = text.rsplit("~", 2)
    number = whole(user_id)
    if sort == "energy":
        good = ENERGY.fullmatch(value)
    elif sort == "last_reading":
        good = value == "-infinity" or (INSTANT.fullmatch(value) and datetime.fromisoformat(value))
    else:
        good = value == user_id
    # Names label a row where they are what is sorted by, and nowhere else.
    if not (number and good and bool(label) == (sort in LABELLED)):
        raise ValueError
    return Cursor(backwards, label, value, number)


def whole(text: str) -> int | None:
    """Read a user id; None if it cannot be one.

    Examples
    --------
    >>> whole("17"), whole("0"), whole("9" * 5000), whole("1e3")
    (17, None, None, None)
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))):
        return None
    return int(text) if 0 < int(text) <= LARGEST_ID else None
