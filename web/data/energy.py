"""The energy of each day and source, as the archive's model gave it; in kWh and W."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO, NamedTuple

from etl.jobs.archive.marts import RECENT_DAYS
from web.data.database import Database
from web.data.filters import EnergyFilters, Filters
from web.data.load_profile import Period

MOST_SOURCES = 50
# Of more rows by source the page shows the days.
MOST_ROWS = 200
# A chart tells as many apart as there are colours. Of more it names the largest and adds the others up.
MOST_PARTS, LARGEST_PARTS = 9, 5
# A chart of more days shows months.
MOST_CHART_DAYS = 100


class Day(NamedTuple):
    """A modelled date; `energy_kwh` None: no source had a counter; `peak_w` is that of one source."""

    energy_date: date
    sources: int
    energy_kwh: Decimal | None
    counters_fell: int
    peak_w: float
    points: int
    half_hours: int
    half_hours_of_day: int


class Total(NamedTuple):
    """Modelled dates added up: those of a month, or (None) all."""

    month: date | None
    days: int
    energy_kwh: Decimal | None
    peak_w: float
    counters_fell: int
    half_hours: Decimal
    half_hours_of_day: Decimal


class Source(NamedTuple):
    """A source over the modelled dates of a period, and how many sources these have."""

    source: str
    days: int
    energy_kwh: Decimal | None
    peak_w: float
    counters_fell: int
    half_hours: Decimal
    half_hours_of_day: Decimal
    sources: int


class Row(NamedTuple):
    """A source on a date."""

    energy_date: date
    source: str
    energy_kwh: Decimal | None
    counter_fell: int
    peak_w: float
    points: int
    half_hours: int
    half_hours_of_day: int


class Stack(NamedTuple):
    """A day or a month of the chart, named by its first date: what all sources have together."""

    first_date: date
    energy_kwh: Decimal | None


class Part(NamedTuple):
    """What one source has in a stack of the chart."""

    first_date: date
    source: str
    energy_kwh: Decimal


@dataclass(frozen=True)
class Bars:
    """What the chart shows.

    Attributes
    ----------
    unit : str
        What a stack is: `day` or `month`.
    stacks : list of Stack
        The newest first.
    named : list of str
        The largest sources, the most energy first.
    others : int
        How many sources there are beside them.
    parts : list of Part
        Of the named ones.
    """

    unit: str
    stacks: list[Stack]
    named: list[str]
    others: int
    parts: list[Part]


@dataclass(frozen=True)
class Energy:
    """What the page shows of a period.

    Attributes
    ----------
    period : Period
        The first and the last modelled date there are.
    shown : Period
        The first and the last of those shown.
    total : Total or None
        Of all dates shown; None if there is none.
    months : list of Total
        The newest first.
    sources : list of Source
        At most `MOST_SOURCES`, the most energy first.
    days : list of Day
        The newest first.
    rows : list of Row
        The same by source; empty if there are more than `MOST_ROWS`.
    bars : Bars or None
        None if there is no date.
    """

    period: Period
    shown: Period
    total: Total | None
    months: list[Total]
    sources: list[Source]
    days: list[Day]
    rows: list[Row]
    bars: Bars | None


class Unmodelled(NamedTuple):
    """The archived days without energy computed since."""

    days: int
    first: date | None
    last: date | None


def fetch(database: Database, filters: EnergyFilters) -> Energy:
    """Fetch a period; without dates the newest `RECENT_DAYS`.

    Parameters
    ----------
    database : Database
        To ask.
    filters : EnergyFilters
        The period, both ends included, and the source.
    """
    period = Period(*database.query("web/energy_period"))
    days = _days(database, filters)
    if not days:
        return Energy(period, Period(None, None), None, [], [], [], [], None)
    shown = Period(days[-1].energy_date, days[0].energy_date)
    given = {"source": filters.source, "start_date": shown.first, "end_date": shown.last}
    total, *months = (Total(*row) for row in database.query("web/energy_totals", **given))
    if filters == EnergyFilters():
        ranked = database.query("web/recent_energy", most=MOST_SOURCES)
    else:
        ranked = database.query("web/energy_sources", **given, most=MOST_SOURCES)
    sources = [Source(*row) for row in ranked]
    few = sum(day.sources for day in days) <= MOST_ROWS
    rows = [Row(*row) for row in database.query("web/energy_rows", **given)] if few else []
    bars = _bars(database, days, months, sources)
    return Energy(period, shown, total, months, sources, days, rows, bars)


def _days(database: Database, filters: EnergyFilters) -> list[Day]:
    dates = filters.dates
    rows = database.query(
        "web/energy_days",
        source=filters.source,
        start_date=dates.start_date,
        end_date=dates.end_date,
        most=RECENT_DAYS if dates == Filters() else None,
    )
    return [Day(*row) for row in rows]


def _bars(database: Database, days: list[Day], months: list[Total], sources: list[Source]) -> Bars:
    first, last = days[-1].energy_date, days[0].energy_date
    if (last - first).days < MOST_CHART_DAYS:
        unit, stacks = "day", [Stack(day.energy_date, day.energy_kwh) for day in days]
    else:
        unit, stacks = "month", [Stack(month.month, month.energy_kwh) for month in months if month.month]
    count = sources[0].sources
    shown = MOST_PARTS if count <= MOST_PARTS else LARGEST_PARTS
    named = [source.source for source in sources[:shown]]
    rows = database.query("web/energy_parts", sources=named, unit=unit, start_date=first, end_date=last)
    return Bars(unit, stacks, named, count - len(named), [Part(*row) for row in rows])


def write(database: Database, filters: EnergyFilters, file: IO[bytes]) -> None:
    """Write every row of the days that the page shows as CSV, exact.

    Parameters
    ----------
    database : Database
        To ask.
    filters : EnergyFilters
        As of the page.
    file : file
        Empty.
    """
    days = _days(database, filters)
    bounds = (days[-1].energy_date, days[0].energy_date) if days else (date.max, date.min)
    given = {"source": filters.source, "start_date": bounds[0], "end_date": bounds[1]}
    database.copy("web/energy_rows", file, **given)


def is_source(database: Database, source: str) -> bool:
    """Tell whether some modelled date has a source.

    Parameters
    ----------
    database : Database
        To ask.
    source : str
        Its name.
    """
    return database.query("web/is_source", source=source)


def unmodelled(database: Database) -> Unmodelled:
    """Fetch which archived days have no energy computed since: archiving does not raise the data version.

    Parameters
    ----------
    database : Database
        To ask.
    """
    return Unmodelled(*(database.prepared("web/unmodelled_days") or (0, None, None)))
