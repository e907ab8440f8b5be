"""What a figure or a page of the user table is made of."""

from dataclasses import dataclass
from datetime import date

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class Filters:
    """Which readings a figure is made of."""

    start_date: date | None = None
    end_date: date | None = None
    area: str | None = None
    tariff: str | None = None


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
    """Write a row's place in the order as `label~value~id`; the value as PostgreSQL writes it.

    Parameters
    ----------
    label : str
        The name that is sorted by first, or empty.
    value : str
        What is sorted by next; the id where a name is sorted by.
    user_id : int
        Of the row.
    """
    return f"{label}~{value}~{user_id}"
