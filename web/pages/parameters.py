"""What stands in a URL, checked: a bad value is refused by name, never guessed."""

import re
from collections.abc import Collection
from datetime import date, datetime

from flask import request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from web.data.filters import Cursor, Filters, Summary
from web.http.problems import BadParameter
from web.pages.reader import Reader, whole

# As PostgreSQL writes it.
INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-5])(:[0-5]\d){0,2}", re.ASCII)
ENERGY = re.compile(r"\d{1,30}(\.\d{1,12})?", re.ASCII)
MEASURES = ("mean", "total")
SPLITS = ("area", "tariff")
STATUSES = ("active", "departed")
LABELLED = ("area", "tariff", "status")
SORTS = ("id", *LABELLED, "last_reading", "energy")


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
