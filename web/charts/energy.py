"""What the energy page shows: days or months as stacks of their sources, and the texts of its tables."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

import pandas as pd
from flask_babel import gettext as _

from web.charts import formats, vega
from web.charts.figures import Chart, Table
from web.data.energy import Bars, Day, Energy, Row

# As wide as the tables below it.
WIDTH = 1140
NONE = "–"


class Line(NamedTuple):
    """A line of a table as it is shown.

    Attributes
    ----------
    head : str
        What the line is of.
    cells : list of str
        Numbers.
    meter : str
        Where the head is a day: whose, or of how many.
    fallen : int
        How many counters fell that day.
    """

    head: str
    cells: list[str]
    meter: str = ""
    fallen: int = 0


def chart(bars: Bars) -> Chart:
    """Draw the energy of each day or month, stacked by source, with gaps where nothing was modelled.

    Parameters
    ----------
    bars : Bars
        With one stack at least.

    Returns
    -------
    Chart
        In kWh, with the table of it.
    """
    by_day = bars.unit == "day"
    others = _("%(count)s others", count=formats.number(bars.others))
    order = [*bars.named, *([others] if bars.others else [])]
    write = formats.day if by_day else formats.month
    points, rows = [], []
    for first_date, total, parts in _stacks(bars, others):
        place = write(first_date)
        texts = {series: formats.kwh(value) for series, value in parts.items()}
        points += [
            (place, series, float(value), f"{place}, {series}: {texts[series]} {formats.KWH}")
            for series, value in parts.items()
        ]
        whole = formats.kwh(total) if total is not None else ""
        rows.append([place, whole, *(texts.get(series, "") for series in order)])
    title = (
        _("Energy by day (%(unit)s)", unit=formats.KWH)
        if by_day
        else _("Energy by month (%(unit)s)", unit=formats.KWH)
    )
    axis = [write(first) for first in _axis(bars)]
    frame = pd.DataFrame(points, columns=["x", "series", "value", "label"])
    columns = [_("date") if by_day else _("month"), _("all"), *order]
    return Chart(title, vega.stacks(frame, title, axis, order, WIDTH), Table(columns, rows))


def meters(found: Energy) -> list[Line]:
    """Write the sources: days, kWh, share, peak, completeness, days the counter fell.

    Parameters
    ----------
    found : Energy
        Of a page.
    """
    whole = found.total.energy_kwh if found.total else None
    return [
        Line(
            one.source,
            [
                formats.number(one.days),
                _energy(one.energy_kwh),
                formats.percent(one.energy_kwh, whole) if one.energy_kwh is not None and whole else NONE,
                formats.number(one.peak_w),
                formats.percent(one.half_hours, one.half_hours_of_day),
                formats.number(one.counters_fell),
            ],
        )
        for one in found.sources
    ]


def lines(found: Energy, source: str | None) -> list[Line]:
    """Write the days by source, or where these are too many of all together: kWh, peak, half-hours, points.

    Parameters
    ----------
    found : Energy
        Of a page.
    source : str or None
        The one that the page is of.
    """
    if found.rows:
        return [_line(row, row.source, row.counter_fell) for row in found.rows]
    return [_line(day, source or formats.number(day.sources), day.counters_fell) for day in found.days]


def _line(row: Row | Day, meter: str, fallen: int) -> Line:
    half_hours = f"{formats.number(row.half_hours)} / {formats.number(row.half_hours_of_day)}"
    cells = [
        _energy(row.energy_kwh),
        formats.number(row.peak_w),
        half_hours,
        formats.number(row.points),
    ]
    return Line(formats.day(row.energy_date), cells, meter, fallen)


def _energy(value_kwh: Decimal | None) -> str:
    return formats.kwh(value_kwh) if value_kwh is not None else NONE


def _stacks(bars: Bars, others: str) -> Iterator[tuple[date, Decimal | None, dict[str, Decimal]]]:
    """Give each stack, the oldest first, its total and its parts."""
    found: dict[date, dict[str, Decimal]] = {}
    for part in bars.parts:
        found.setdefault(part.first_date, {})[part.source] = part.energy_kwh
    for first_date, total in bars.stacks[::-1]:
        parts = found.get(first_date, {})
        if bars.others and total is not None:
            parts[others] = total - sum(parts.values())
        yield first_date, total, parts


def _axis(bars: Bars) -> Iterator[date]:
    """Give every day or month from the oldest to the newest."""
    one, last = bars.stacks[-1].first_date, bars.stacks[0].first_date
    while one <= last:
        yield one
        one = one + timedelta(days=1) if bars.unit == "day" else (one + timedelta(days=31)).replace(day=1)
