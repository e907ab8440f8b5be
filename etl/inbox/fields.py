"""One field of an input file as a value, or the reason why it is none. No guesses are made here."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from datetime import time as clock
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]+))?)?"
    r"(?:(Z)|([+-])([0-9]{2})(?::?([0-9]{2}))?)?"
)
FIELD = re.compile(r'(?: *"((?:[^"]|"")*+)" *|([^",]*+))(,|\Z)')
ENERGY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
USER_ID = re.compile(r"[1-9][0-9]{0,18}")
MAX_USER_ID = 2**63 - 1
RAW_LENGTH = 200
LONGEST_NAME = 300


class BadField(Exception):
    """A field that is no value, or a line with several such fields; carries the reason codes."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


@dataclass(frozen=True)
class Times:
    """Which times are taken: those of a zone, from 1970 to the end of its today.

    Attributes
    ----------
    zone : ZoneInfo
        In which naive times are meant.
    earliest, end : int
        Half-open bounds, microseconds since 1970 UTC.
    """

    zone: ZoneInfo
    earliest: int
    end: int

    @classmethod
    def until(cls, today: date, zone: ZoneInfo) -> "Times":
        """Bounds for batches that run on the local date `today`."""
        midnights = (date(1970, 1, 1), today + timedelta(days=1))
        earliest, end = (microseconds(datetime.combine(day, clock(), zone)) for day in midnights)
        return cls(zone, earliest, end)

    @classmethod
    def until_now(cls, zone: ZoneInfo) -> "Times":
        """Bounds for a batch that runs now."""
        return cls.until(datetime.now(zone).date(), zone)

    def parse(self, text: str) -> int:
        """Read a time as microseconds since 1970 UTC.

        Parameters
        ----------
        text : str
            `YYYY-MM-DD[ T]HH:MM[:SS[.f]]` and an optional offset or Z.

        Raises
        ------
        BadField
            bad_time, ambiguous_time or time_out_of_range.
        """
        found = TIME.fullmatch(text)
        if not found:
            raise BadField("bad_time")
        year, month, day, hour, minute, second, fraction, zulu, sign, hours, minutes = found.groups()
        fraction = (fraction or "").ljust(6, "0")
        if fraction[6:].strip("0"):
            raise BadField("bad_time")
        try:
            naive = datetime(
                int(year), int(month), int(day), int(hour), int(minute), int(second or 0), int(fraction[:6])
            )
            instant = self._instant(naive, UTC if zulu else _offset(sign, hours, minutes))
        except (ValueError, OverflowError):
            raise BadField("bad_time") from None
        if not self.earliest <= instant < self.end:
            raise BadField("time_out_of_range")
        return instant

    def _instant(self, naive: datetime, offset: timezone | None) -> int:
        if offset:
            return microseconds(naive.replace(tzinfo=offset))
        local = naive.replace(tzinfo=self.zone)
        # The two readings of a local time differ where the clocks change: it occurs twice or never.
        if local.utcoffset() != local.replace(fold=1).utcoffset():
            raise BadField("ambiguous_time")
        return microseconds(local)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exactly."""
    return (moment - EPOCH) // MICROSECOND


def energy(text: str) -> Decimal:
    """Read an energy as it is written, to the last digit.

    Raises
    ------
    BadField
        bad_consumption.
    """
    if not ENERGY.fullmatch(text):
        raise BadField("bad_consumption")
    return Decimal(text)


def user_id(text: str) -> int:
    """Read a user id.

    Raises
    ------
    BadField
        bad_id.
    """
    parsed = parse_user_id(text)
    if parsed is None:
        raise BadField("bad_id")
    return parsed


def parse_user_id(text: str) -> int | None:
    """A user id as files write it, or None: ASCII digits, no leading zero, at most 2^63-1."""
    if USER_ID.fullmatch(text) and int(text) <= MAX_USER_ID:
        return int(text)
    return None


def name(text: str, reason: str) -> str:
    """Read an area or tariff name.

    Raises
    ------
    BadField
        With the given reason.
    """
    if not is_name(text):
        raise BadField(reason)
    return text


def is_name(text: str) -> bool:
    """Whether a text is a name: 1 to 100 characters, none of them a control character."""
    return 1 <= len(text) <= 100 and (text.isprintable() or all(map(is_printable, text)))


def every(*parsers: tuple[Callable[..., Any], *tuple[Any, ...]]) -> list[Any]:
    """Read all fields of a line.

    Parameters
    ----------
    *parsers : tuple
        A function and its arguments, for each field.

    Returns
    -------
    list
        What the functions return.

    Raises
    ------
    BadField
        With the reasons of all that are no values.
    """
    values, reasons = [], []
    for parse, *arguments in parsers:
        try:
            values.append(parse(*arguments))
        except BadField as bad:
            reasons += bad.reasons
    if reasons:
        raise BadField(*reasons)
    return values


def _offset(sign: str | None, hours: str | None, minutes: str | None) -> timezone | None:
    if not sign or not hours:
        return None
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if int(minutes or 0) > 59:
        raise BadField("bad_time")
    return timezone(-offset if sign == "-" else offset)


def split(line: str) -> list[str]:
    """Split one record into its fields (RFC 4180), surrounding spaces stripped, inside quotes too.

    Raises
    ------
    BadField
        wrong_fields, if a quote is not closed or stands inside a field.
    """
    if '"' not in line:
        return [field.strip(" ") for field in line.split(",")]
    fields: list[str] = []
    end, more = 0, ","
    while more:
        found = FIELD.match(line, end)
        if not found:
            raise BadField("wrong_fields")
        quoted, plain, more = found.groups()
        fields.append((plain if quoted is None else quoted.replace('""', '"')).strip(" "))
        end = found.end()
    return fields


def printable(raw: bytes | str, encoding: str = "utf-8", length: int = RAW_LENGTH) -> str:
    """Raw input as text that any terminal and any table can hold, cut to `length` characters."""
    text = raw[: length * 4].decode(encoding, "backslashreplace") if isinstance(raw, bytes) else raw
    clean = text[:length]
    if not clean.isprintable():
        clean = "".join(char if is_printable(char) else _escaped(char) for char in clean)
    return clean + ("…" if len(text) > length else "")


def is_printable(char: str) -> bool:
    """Whether a character is one that people write; an ideographic space is."""
    return char.isprintable() or unicodedata.category(char) == "Zs"


def _escaped(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"  # a byte that could not be decoded
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
