"""What stands in a URL, checked: a bad value is refused by name, never guessed."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from web.reader import BadParameter, Reader, whole

# As PostgreSQL writes it.
INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d){0,2}", re.ASCII)
ENERGY = re.compile(r"\d{1,30}(\.\d{1,12})?", re.ASCII)
MEASURES = ("mean", "total")
SPLITS = ("area", "tariff")
STATUSES = ("active", "departed")
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


def period(reader: Reader) -> tuple[date | None, date | None]:
    """Take `start_date` and `end_date`, both included.

    Parameters
    ----------
    reader : Reader
        Of the request.

    Raises
    ------
    BadParameter
        If one is no date, or the end lies before the start.
    """
    first, last = reader.date("start_date"), reader.date("end_date")
    if first and last and first > last:
        raise BadParameter("end_date", last.isoformat(), _("it lies before start_date"))
    return first, last


def dates(arguments: MultiDict[str, str]) -> Filters:
    """Check the parameters of a page that has a period only.

    Parameters
    ----------
    arguments : MultiDict
        Of the request.

    Raises
    ------
    BadParameter
        Naming the first bad one.
    """
    reader = Reader(arguments)
    made = Filters(*period(reader))
    reader.done()
    return made


def summary(arguments: MultiDict[str, str], areas: Collection[str], tariffs: Collection[str]) -> Summary:
    """Check the parameters of the summary page.

    Parameters
    ----------
    arguments : MultiDict
        Of the request.
    areas, tariffs : collection of str
        The names there are.

    Raises
    ------
    BadParameter
        Naming the first bad one.
    """
    reader = Reader(arguments)
    first, last = period(reader)
    filters = Filters(first, last, reader.choice("area", areas), reader.choice("tariff", tariffs))
    sort = reader.choice("sort", [sign + name for name in SORTS for sign in ("", "-")]) or "id"
    made = Summary(
        filters,
        reader.choice("measure", MEASURES) or MEASURES[0],
        reader.choice("split", SPLITS),
        reader.digits("q"),
        reader.choice("status", STATUSES),
        sort.removeprefix("-"),
        sort.startswith("-"),
        *_place(reader, sort.removeprefix("-")),
    )
    reader.done()
    return made


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


def _place(reader: Reader, sort: str) -> tuple[Cursor | None, bool]:
    """Take which page of the table is meant: the cursor, and whether it is the last one."""
    texts = {name: reader.text(name) for name in ("after", "before")}
    last = reader.choice("page", ("last",)) == "last"
    given = [(name, text) for name, text in texts.items() if text is not None]
    if not given:
        return None, last
    name, text = given[0]
    if last or len(given) > 1:
        raise BadParameter(name, text, _("give one of after, before and page"))
    try:
        return _cursor(text, name == "before", sort), False
    except ValueError:
        raise BadParameter(name, text, _("use the links below the table")) from None


def _cursor(text: str, backwards: bool, sort: str) -> Cursor:
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


def current() -> dict[str, str]:
    """Give the parameters of this request that are not empty, for links that change one of them."""
    return {name: value for name, value in request.args.items() if value.strip()}
