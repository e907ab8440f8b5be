"""What the pages show, made from figures: charts, tables of the same numbers, headlines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pandas as pd
from flask_babel import gettext as _
from markupsafe import Markup

from web.charts import formats, vega
from web.charts.formats import WH
from web.data.sales import Day
from web.data.user_load import Daily

MOST_PARTS = 12
# As wide as the tables below it.
SALES_WIDTH = 1140


@dataclass(frozen=True)
class Table:
    """The numbers of a chart: the heads of columns, and rows that begin with their own head."""

    columns: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Chart:
    """A chart with its title and the same numbers as a table."""

    title: str
    svg: Markup
    table: Table | None = None


def profile_charts(cells: pd.DataFrame, measure: str, parts: str | None) -> list[Chart]:
    """Draw weekday x hour as a heatmap and as lines.

    Parameters
    ----------
    cells : DataFrame
        As `figures.profile` gives them; not empty.
    measure : str
        `mean` (Wh per reading) or `total` (kWh, small ones in Wh).
    parts : str or None
        What the parts are: `area`, `tariff`, or None if there is one.

    Returns
    -------
    list of Chart
        The heatmap with the table of both, then the lines.
    """
    cells = _largest(cells)
    unit = WH if measure == "mean" else formats.energy_unit(cells["energy_wh"])
    shown = _measured(cells, measure, unit)
    title = (
        _("Mean per reading (%(unit)s)", unit=unit) if measure == "mean" else _("Total (%(unit)s)", unit=unit)
    )
    lines = _week_lines(shown, title) if parts else _day_lines(shown, title)
    return [
        Chart(
            _("%(measure)s by weekday and hour", measure=title),
            vega.heatmap(shown, title),
            _profile_table(shown),
        ),
        Chart(
            _("%(measure)s over the week", measure=title)
            if parts
            else _("%(measure)s over the day", measure=title),
            lines,
        ),
    ]


def comparison(own: pd.DataFrame, peers: pd.DataFrame, user: str, others: str) -> list[Chart]:
    """Draw a user's means beside those of the same area and tariff.

    Parameters
    ----------
    own, peers : DataFrame
        As `figures.profile` gives them; `own` not empty.
    user, others : str
        What the two are called.

    Returns
    -------
    list of Chart
        The user's heatmap, then the lines of both with their table; in Wh per reading.
    """
    both = pd.concat([own.assign(part=user), peers.assign(part=others)])
    shown = _measured(both, "mean", WH)
    title = _("Mean per reading (%(unit)s)", unit=WH)
    mine = shown[shown["part"] == user]
    return [
        Chart(
            _("%(measure)s by weekday and hour", measure=title),
            vega.heatmap(mine, title),
        ),
        Chart(
            _("Beside the mean of the same area and tariff"),
            _week_lines(shown, title),
            _profile_table(shown),
        ),
    ]


def daily_chart(daily: Daily) -> Chart:
    """Draw a user's energy by date, with gaps where nothing came.

    Parameters
    ----------
    daily : Daily
        With at least one date.

    Returns
    -------
    Chart
        In kWh, or in Wh if all are small.
    """
    unit = formats.energy_unit(daily.days["energy_wh"].dropna())
    days, rows = [], []
    for day, received, expected, energy in daily.days.itertuples(index=False):
        missing = received == 0
        number = "" if missing else formats.energy(energy, unit)
        shown = _("no readings") if missing else f"{number} {unit}"
        share = _("%(got)s of %(all)s intervals", got=received, all=expected)
        value = None if missing else float(energy / formats.PER_UNIT[unit])
        label = f"{formats.day(day)}: {shown}, {share}"
        days.append((day.isoformat(), value, received >= expected, label))
        rows.append([formats.day(day), number, f"{received} / {expected}"])
    title = _("Energy by day (%(unit)s)", unit=unit)
    frame = pd.DataFrame(days, columns=["date", "value", "complete", "label"])
    intervals = _("intervals of %(minutes)s minutes", minutes=daily.minutes)
    return Chart(title, vega.series(frame, title), Table([_("date"), unit, intervals], rows))


def sales_chart(days: Sequence[Day]) -> Chart:
    """Draw the net sales of each date with their 7-day mean, with gaps where nothing was computed.

    Parameters
    ----------
    days : sequence of Day
        One at least, the oldest first.

    Returns
    -------
    Chart
        In yen; the page has the table.
    """
    points: list[tuple] = []
    for before, day in zip([None, *days], days, strict=False):
        gap = before and before.sales_date + timedelta(days=1)
        if gap and gap < day.sales_date:
            points.append((gap.isoformat(), None, None, True, ""))
        label = _(
            "%(date)s: %(net)s yen, 7-day mean %(mean)s yen",
            date=formats.day(day.sales_date),
            net=formats.yen(day.net),
            mean=formats.yen(day.mean_7_days, 1),
        )
        points.append((day.sales_date.isoformat(), float(day.net), float(day.mean_7_days), True, label))
    title = _("Net sales by day (yen)")
    frame = pd.DataFrame(points, columns=["date", "value", "mean", "complete", "label"])
    return Chart(title, vega.series(frame, title, SALES_WIDTH))


def _largest(cells: pd.DataFrame) -> pd.DataFrame:
    """Keep the parts with most readings, and add up the others: a page can show only so many."""
    sizes = cells.groupby("part")["readings"].sum().sort_values(ascending=False, kind="stable")
    if len(sizes) <= MOST_PARTS:
        # Parts stand in their order even if the first of them has no reading in the week's first hour.
        return cells.sort_values("part", kind="stable")
    kept = set(sizes.index[: MOST_PARTS - 1])
    others = _("%(count)s others", count=len(sizes) - len(kept))
    named = cells.assign(part=[part if part in kept else others for part in cells["part"]])
    # Those that are added up stand last, the named ones in their order.
    summed = named.groupby(["part", "weekday", "hour"], as_index=False).sum()
    return summed.sort_values("part", key=lambda parts: parts == others, kind="stable")


def _measured(cells: pd.DataFrame, measure: str, unit: str) -> pd.DataFrame:
    """Add `value`, `text`, `short` and `label` to the cells."""
    week = formats.weekdays()
    exact = cells["energy_wh"] / (
        cells["readings"].map(Decimal) if measure == "mean" else formats.PER_UNIT[unit]
    )
    largest = max(exact)
    short_digits = 1 if largest < 10 else 0
    texts = [formats.number(value, 1) for value in exact]
    heads = [
        f"{week[weekday]} {formats.hour(hour)}" + (f", {part}" if part else "")
        for weekday, hour, part in zip(cells["weekday"], cells["hour"], cells["part"], strict=True)
    ]
    return cells.assign(
        value=exact.astype(float),
        text=texts,
        short=[_short(value, short_digits) for value in exact],
        label=[f"{head}: {text} {unit}" for head, text in zip(heads, texts, strict=True)],
    )


def _short(value: Decimal, digits: int) -> str:
    """Write a number in the width of a cell, as 8.2, 253, 9999, 12k or 3.4M."""
    if value >= 10**6:
        return formats.number(value / 10**6, 1) + "M"
    return formats.number(value / 1000) + "k" if value >= 10**4 else f"{value:.{digits}f}"


def _whole_week(shown: pd.DataFrame) -> pd.DataFrame:
    """Add the hours without readings, with no value: they interrupt a line."""
    parts, days = shown["part"].unique(), list(formats.weekdays())
    index = pd.MultiIndex.from_product([parts, days, range(24)], names=["part", "weekday", "hour"])
    return shown.set_index(index.names).reindex(index).reset_index()


def _day_lines(shown: pd.DataFrame, title: str) -> Markup:
    week = formats.weekdays()
    points = _whole_week(shown).assign(
        series=lambda rows: rows["weekday"].map(week), x=lambda rows: rows["hour"]
    )
    order = [name for day, name in week.items() if day in set(shown["weekday"])]
    return vega.lines(points, title, _("hour"), order, week=False)


def _week_lines(shown: pd.DataFrame, title: str) -> Markup:
    place = {day: 24 * n for n, day in enumerate(formats.weekdays())}
    points = _whole_week(shown).assign(
        series=lambda rows: rows["part"], x=lambda rows: rows["weekday"].map(place) + rows["hour"]
    )
    order = list(dict.fromkeys(points["part"]))
    return vega.lines(points, title, _("weekday"), order, week=True)


def _profile_table(shown: pd.DataFrame) -> Table:
    """Rows are weekdays (of each part), columns are hours; an empty cell has no reading."""
    texts = {
        (part, weekday, hour): text
        for part, weekday, hour, text in shown[["part", "weekday", "hour", "text"]].itertuples(index=False)
    }
    parts = list(dict.fromkeys(shown["part"]))
    rows = [
        [f"{part} {name}".strip(), *(texts.get((part, weekday, hour), "") for hour in range(24))]
        for part in parts
        for weekday, name in formats.weekdays().items()
    ]
    return Table([_("weekday"), *(formats.hour(hour) for hour in range(24))], rows)
