"""What stands in a URL, checked: a bad value is refused by name, never guessed."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from etl.errors import MeterhouseError

LARGEST_ID = 2**63 - 1
# Other forms that Python reads, such as 2026-W15-3, are no dates to a person.
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# As PostgreSQL writes it.
INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d){0,2}", re.ASCII)
ENERGY = re.compile(r"\d{1,30}(\.\d{1,12})?", re.ASCII)
MEASURES = ("mean", "total")
SPLITS = ("area", "tariff")
STATUSES = ("active", "departed")
LABELLED = ("area", "tariff", "status")
SORTS = ("id", *LABELLED, "last_reading", "energy")


class BadParameter(MeterhouseError):
    """A parameter of the address is wrong."""

    def __init__(self, name: str, value: str, expected: str) -> None:
        super().__init__(f"{name}={value}: {expected}")
        self.name, self.value, self.expected = name, value, expected


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


class Reader:
    """Takes parameters one by one; `done` refuses what nobody asked for.

    Parameters
    ----------
    arguments : MultiDict
        Names and values; an empty value is as good as none.
    """

    def __init__(self, arguments: MultiDict[str, str]) -> None:
        self._left = dict(arguments.lists())

    def text(self, name: str) -> str | None:
        """Take a text; None if it is not given.

        Parameters
        ----------
        name : str
            Of the parameter.

        Raises
        ------
        BadParameter
            If it is given twice or holds a NUL.
        """
        values = [value.strip(" ") for value in self._left.pop(name, [])]
        if len(values) > 1:
            raise BadParameter(name, ", ".join(values), _("give it once"))
        if values and "\0" in values[0]:
            raise BadParameter(name, values[0], _("it holds a character that no name has"))
        return values[0] if values and values[0] else None

    def date(self, name: str) -> date | None:
        """Take a date.

        Parameters
        ----------
        name : str
            Of the parameter.

        Raises
        ------
        BadParameter
            If it is not YYYY-MM-DD.
        """
        text = self.text(name)
        if text is None:
            return None
        try:
            if not DATE.fullmatch(text):
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            raise BadParameter(name, text, _("write a date like 2026-04-01")) from None

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        """Take one of `allowed`.

        Parameters
        ----------
        name : str
            Of the parameter.
        allowed : collection of str
            Its values.

        Raises
        ------
        BadParameter
            If it is another value.
        """
        text = self.text(name)
        if text is not None and not allowed:
            raise BadParameter(name, text, _("there is none yet"))
        if text is not None and text not in allowed:
            raise BadParameter(name, text, _("choose one of: %(names)s", names=", ".join(allowed)))
        return text

    def digits(self, name: str) -> str | None:
        """Take the beginning of a user id.

        Parameters
        ----------
        name : str
            Of the parameter.

        Raises
        ------
        BadParameter
            If no id begins so.
        """
        text = self.text(name)
        if text is None:
            return None
        if not whole(text) or text.startswith("0"):
            raise BadParameter(name, text, _("write the first digits of a user id"))
        return text

    def done(self) -> None:
        """Refuse what is left: a misspelt filter must not look like an answer.

        Raises
        ------
        BadParameter
            Naming the first that nobody took.
        """
        for name, values in self._left.items():
            raise BadParameter(name, ", ".join(values), _("there is no such parameter here"))


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


def current() -> dict[str, str]:
    """Give the parameters of this request that are not empty, for links that change one of them."""
    return {name: value for name, value in request.args.items() if value.strip()}
