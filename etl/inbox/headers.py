"""The first line of a file: which columns each kind of file has, and what stands there instead of them."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from etl import sentences
from etl.inbox.fields import TIME, BadField, parse_user_id, printable, split
from etl.language import N_

MASTER = ("name",)
USERS = ("id", "area", "tariff")
ONE_USER = ("datetime", "consumption")
MANY_USERS = ("user_id", "datetime", "consumption")
ORDERS = ("order_id", "version", "user_id", "product", "quantity", "amount", "status", "created_at")
# A file at the top, or a folder -> the columns that it may have.
LAYOUTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "area.csv": (MASTER,),
    "tariff.csv": (MASTER,),
    "user_data.csv": (USERS,),
    "consumption": (ONE_USER, MANY_USERS),
    "orders": (ORDERS,),
}
# These are one piece: names are held in memory, users staged and compared as a whole.
SIZE_LIMITS = {"area.csv": 1 << 20, "tariff.csv": 1 << 20, "user_data.csv": 32 << 20}
# In other files they are ignored.
NO_EXTRA_COLUMNS = ("consumption",)
BINARY = re.compile(rb"PK\x03\x04|\xd0\xcf\x11\xe0|\x1f\x8b|\xff\xfe|\xfe\xff|([^\0]\0){2}|(\0[^\0]){2}")
# How such bytes look in what is kept of the first line -> what they mean.
SIGNS = {
    r"PK\\x03\\x04": N_("this is a spreadsheet (.xlsx) or a zip: save it as CSV, or unpack it"),
    r"\\xd0\\xcf\\x11\\xe0": N_("this is a spreadsheet (.xls): save it as CSV"),
    r"\\x1f\\x8b": N_("this is gzip: unpack it, or in a folder let its name end in .csv.gz"),
    r"\\xff\\xfe|\\xfe\\xff|([^\\]\\x00){2}|(\\x00[^\\]){2}": N_(
        "this looks like UTF-16: save it in the encoding that CSV_ENCODING names"
    ),
}
DELIMITERS = {
    ";": N_("the columns are separated by semicolons: separate them by commas"),
    "\\t": N_("the columns are separated by tabs: separate them by commas"),
}


class Text(NamedTuple):
    """A sentence that can be translated, and the values to put into it."""

    text: str
    values: dict[str, Any]

    def __str__(self) -> str:
        """Write it in English."""
        return self.text % self.values if self.values else self.text


def undone(header: bytes, encoding: str) -> tuple[str, str]:
    """Say why a first line names no columns.

    Parameters
    ----------
    header : bytes
        The first line without its BOM.
    encoding : str
        `utf-8` or `cp932`.

    Returns
    -------
    reason : str
        `wrong_header` or `undecodable`.
    found : str
        What is kept of the line: from it `seen` tells what it is.
    """
    if BINARY.match(header):
        return "wrong_header", printable(header, "ascii")
    try:
        header.decode(encoding)
    except UnicodeDecodeError:
        return "undecodable", printable(header, encoding)
    return "wrong_header", printable(header, encoding)


def seen(file: str, found: str, lines: int) -> list[Text]:
    """Say what is wrong with a header.

    Parameters
    ----------
    file : str
        The file as the inbox names it.
    found : str
        Its first line, as `undone` returns it.
    lines : int
        How many filled lines the file has, without a header.

    Returns
    -------
    list of Text
        What is seen; nothing where nothing more is known than that it is wrong.
    """
    for sign, text in SIGNS.items():
        if re.match(sign, found):
            return [Text(text, {})]
    if not found:
        return [Text(sentences.EMPTY_LINE if lines else sentences.EMPTY_FILE, {})]
    for sign, text in DELIMITERS.items():
        if sign in found and "," not in found:
            return [Text(text, {})]
    try:
        header = split(found)
    except BadField:
        return [Text(sentences.OPEN_QUOTE, {})]
    return _compared(file.partition("/")[0], header) if not found.endswith("…") else []


def columns(file: str) -> list[Text]:
    """Name the columns of this kind of file."""
    names = [",".join(one) for one in LAYOUTS.get(file.partition("/")[0], ())]
    if len(names) == 2:
        columns, others = names
        return [Text(sentences.TWO_LAYOUTS, {"columns": columns, "others": others})]
    return [Text(sentences.ONE_LAYOUT, {"columns": one}) for one in names]


def _compared(kind: str, header: list[str]) -> list[Text]:
    layouts = LAYOUTS.get(kind, ())
    small = [name.lower() for name in header]
    if not layouts:
        return []
    wanted = max(layouts, key=lambda one: (len(set(one) & set(small)), -len(one)))
    if any(name not in header and name in small for name in wanted):
        return [Text(sentences.CAPITALS, {})]
    if not set(wanted) & set(header) and any(map(_is_value, header)):
        return [Text(sentences.NO_HEADER, {})]
    missing = [name for name in wanted if name not in header]
    extra = [name for name in header if name not in wanted] if kind in NO_EXTRA_COLUMNS else []
    double = [name for name in wanted if header.count(name) > 1]
    return [
        *_named(sentences.MISSING, missing),
        *_named(sentences.NOT_KNOWN, extra),
        *_named(sentences.MORE_THAN_ONCE, double),
    ]


def _named(text: str, names: Iterable[str]) -> list[Text]:
    shown = ", ".join(name or '""' for name in dict.fromkeys(names))
    return [Text(text, {"names": shown})] if shown else []


def _is_value(field: str) -> bool:
    return bool(TIME.fullmatch(field)) or parse_user_id(field) is not None
