"""Numbers, dates and names as the reader's language writes them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import get_global
from babel.dates import format_date, format_skeleton, get_day_names
from flask_babel import get_locale

WH, KWH = "Wh", "kWh"
KILO = Decimal(1000)
PER_UNIT = {WH: Decimal(1), KWH: KILO}


def number(value: Decimal | float | int, digits: int = 0) -> str:
    """Write a number with so many digits after the point, half to even; both languages write it alike."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return f"{exact:,.{digits}f}"


def energy_unit(energies_wh: Iterable[Decimal]) -> str:
    """Choose one unit for energies that stand together: Wh if the largest is below 1 kWh.

    Parameters
    ----------
    energies_wh : iterable of Decimal
        In Wh; nothing but zeros is in kWh.

    Returns
    -------
    str
        `Wh` or `kWh`.
    """
    return WH if 0 < max(energies_wh, default=0) < KILO else KWH


def energy(energy_wh: Decimal, unit: str) -> str:
    """Write Wh in a unit with a digit after the point.

    Parameters
    ----------
    energy_wh : Decimal
        In Wh.
    unit : str
        From `energy_unit`.
    """
    return number(energy_wh / PER_UNIT[unit], 1)


def kwh(value_kwh: Decimal) -> str:
    """Write kWh to the watt-hour."""
    return number(value_kwh, 3)


def yen(value: Decimal, digits: int | None = None) -> str:
    """Write an amount with all its digits, which Babel would not; both languages write numbers alike."""
    if digits is not None:
        return f"{value:,.{digits}f}"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def yen_change(value: Decimal) -> str:
    """Write a difference of amounts with its sign."""
    return f"+{yen(value)}" if value > 0 else yen(value)


def percent(part: int | Decimal, whole: int | Decimal) -> str:
    """Write a share; 100 % only when nothing is missing."""
    share = Decimal(part) / Decimal(whole)
    if part < whole:
        share = min(share.quantize(Decimal("0.001"), ROUND_HALF_EVEN), Decimal("0.999"))
    return number(share * 100, 1).removesuffix(".0") + "%"


def day(value: date) -> str:
    """Write a date."""
    return _day(value, str(get_locale()))


@lru_cache(4_096)
def _day(value: date, language: str) -> str:
    return format_date(value, "medium", locale=language)


def month(value: date) -> str:
    """Write the month of a date."""
    return format_skeleton("yMMM", value, locale=get_locale())


def axis_date() -> str:
    """Give the pattern (d3-time-format) in which a chart writes dates."""
    return "%Y/%m/%d" if str(get_locale()) == "ja" else "%b %-d, %Y"


def instant(value: datetime, tz: str) -> str:
    """Write a time on the clock of `tz`."""
    local = value.astimezone(ZoneInfo(tz))
    return f"{day(local.date())} {local:%H:%M}"


def hour(value: int) -> str:
    """Write the hour from `value` o'clock."""
    return f"{value:02}:00"


def weekdays() -> dict[int, str]:
    """Give the ISO weekdays (1 is Monday) and their short names, in the order of the locale's week."""
    locale = get_locale()
    first = _with_territory(str(locale)).first_week_day
    names = get_day_names("abbreviated", locale=locale)
    return {(first + n) % 7 + 1: names[(first + n) % 7] for n in range(7)}


@cache
def _with_territory(language: str) -> Locale:
    """Complete `ja` to `ja_Jpan_JP`: the week begins as it does where most of its readers live."""
    return Locale.parse(get_global("likely_subtags").get(language, language))


def iso(value: datetime | date) -> str:
    """Write for a machine."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value.isoformat()
