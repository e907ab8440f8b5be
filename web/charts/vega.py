"""Figures as SVG, drawn on the server by Vega-Lite (vl-convert): no script and no other host needed.

Each mark carries its numbers as text (`aria-label`), which a small script shows as a tooltip. Colour
is never alone: cells have their number, lines a dash of their own.
"""

from typing import Any

import pandas as pd
import vl_convert
from flask_babel import gettext as _
from markupsafe import Markup

from web.charts import axes, formats, look

VERSION = "5.20"
WIDTH = 696
ROW = 28


def heatmap(cells: pd.DataFrame, title: str) -> Markup:
    """Draw weekday x hour as coloured cells that hold their number."""
    week = formats.weekdays()
    rows = cells.assign(day=cells["weekday"].map(week))
    x = {
        "field": "hour",
        "type": "ordinal",
        "scale": {"domain": list(range(24))},
        "title": _("hour"),
        "axis": {"aria": False, "labelAngle": 0, "orient": "top"},
    }
    y = {
        "field": "day",
        "type": "ordinal",
        "scale": {"domain": list(week.values())},
        "title": None,
        "axis": {"aria": False},
    }
    shade = {
        "field": "value",
        "type": "quantitative",
        "legend": None,
        "scale": {"range": look.SHADES, "interpolate": "rgb", "zero": False},
    }
    plain: dict[str, Any] = {
        "width": WIDTH,
        "height": {"step": ROW},
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": "rect", "encoding": {"color": shade, "description": {"field": "label"}}},
            {
                "mark": {"type": "text", "aria": False, "fontSize": 10},
                "encoding": {"text": {"field": "short"}, "color": {"value": "black"}},
            },
        ],
    }
    columns = ["part", "hour", "day", "value", "short", "label"]
    return _draw(_by_part(plain, rows), rows[columns], title)


def lines(points: pd.DataFrame, title: str, x_title: str, order: list[str], week: bool) -> Markup:
    """Draw one line per series.

    Parameters
    ----------
    points : DataFrame
        `series`, `x` (number), `value` (float or NaN: a gap) and `label`.
    title, x_title : str
        Of the chart and of the axis below.
    order : list of str
        The series as the legend lists them.
    week : bool
        Whether `x` is an hour of the week, and not of the day.

    Returns
    -------
    Markup
        The SVG element.
    """
    style = {"domain": order}
    dashes = {**style, "range": _cycle(look.DASHES, order)}
    field = {"field": "series", "type": "nominal", "title": None, "sort": None}
    marks = range(0, 168, 24) if week else range(24)
    axis: dict[str, Any] = {"aria": False, "values": list(marks), "grid": week, "labelAngle": 0}
    if week:
        names = list(formats.weekdays().values())
        axis |= {"labelExpr": f"{names}[datum.value / 24]", "labelAlign": "left"}
    spec = {
        "width": WIDTH,
        "height": 260,
        "encoding": {
            "x": {
                "field": "x",
                "type": "quantitative",
                "title": x_title,
                "axis": axis,
                "scale": {"nice": False},
            },
            "y": axes.value(),
            "color": {**field, "scale": {**style, "range": _cycle(look.PALETTE, order)}},
        },
        "layer": [
            {
                "mark": {"type": "line", "strokeWidth": 2, "aria": False},
                "encoding": {"strokeDash": {**field, "scale": dashes}},
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 1, "size": 12 if week else 40},
                "encoding": {"description": {"field": "label"}},
            },
        ],
    }
    return _draw(spec, points[["series", "x", "value", "label"]], title)


def series(days: pd.DataFrame, title: str, width: int = WIDTH) -> Markup:
    """Draw a value by date; a date without one interrupts the line."""
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "line", "strokeWidth": 1.5, "color": look.PALETTE[0], "aria": False}},
        {
            "mark": {
                "type": "point",
                "color": look.PALETTE[0],
                "size": 40,
                "opacity": 1,
                "invalid": "filter",
            },
            "encoding": {
                "description": {"field": "label"},
                # A date that is not complete is hollow.
                "fill": {
                    "condition": {"test": "datum.complete", "value": look.PALETTE[0]},
                    "value": "transparent",
                },
            },
        },
    ]
    spec = {
        "width": width,
        "height": 220,
        "encoding": {
            "x": {
                "field": "date",
                "type": "temporal",
                "timeUnit": "utcyearmonthdate",
                "title": None,
                "axis": axes.dates(days["date"], width),
            },
            "y": axes.value(),
        },
        "layer": layers,
    }
    columns = ["date", "value", "complete", "label"]
    if "mean" in days:
        columns.append("mean")
        dashed = {"type": "line", "strokeDash": look.DASHES[1], "color": look.PALETTE[1], "aria": False}
        layers.insert(0, {"mark": dashed, "encoding": {"y": {**axes.value(), "field": "mean"}}})
    return _draw(spec, days[columns], title)


def stacks(bars: pd.DataFrame, title: str, axis: list[str], order: list[str], width: int) -> Markup:
    """Draw a stack of bars for each place of an axis.

    Parameters
    ----------
    bars : DataFrame
        `x` (one of `axis`), `series`, `value` (float) and `label`.
    title : str
        Of the chart.
    axis : list of str
        The places from left to right; one without bars is a gap.
    order : list of str
        The series from the bottom up, as the legend lists them.
    width : int
        Of the axis, in pixels.
    """
    field = {"field": "series", "type": "nominal", "title": None, "sort": None}
    colors = {"domain": order, "range": _cycle(look.PALETTE, order)}
    spec = {
        "width": width,
        "height": 260,
        "encoding": {
            "x": {
                "field": "x",
                "type": "ordinal",
                "scale": {"domain": axis},
                "title": None,
                "axis": axes.places(axis, width),
            },
            "y": axes.value(),
            "order": {"field": "place"},
            "color": {
                **field,
                "scale": colors,
                "legend": {"symbolType": "square", "symbolSize": 150, "columnPadding": 18},
            },
            "description": {"field": "label"},
        },
        "mark": {"type": "bar", "invalid": "filter"},
    }
    placed = bars.assign(place=[order.index(one) for one in bars["series"]])
    return _draw(spec, placed[["x", "series", "value", "label", "place"]], title)


def _by_part(plain: dict[str, Any], rows: pd.DataFrame) -> dict[str, Any]:
    if rows["part"].nunique() <= 1:
        return plain
    facet = {
        "row": {
            "field": "part",
            "type": "nominal",
            "title": None,
            # Else in alphabetical order, whatever that of the rows.
            "sort": list(dict.fromkeys(rows["part"])),
            "header": {"labelOrient": "top"},
        }
    }
    return {"facet": facet, "spec": plain}


def _cycle(styles: list, order: list[str]) -> list:
    return [styles[n % len(styles)] for n in range(len(order))]


def _draw(spec: dict[str, Any], rows: pd.DataFrame, title: str) -> Markup:
    data = {"values": rows.astype(object).where(rows.notna(), None).to_dict("records")}
    svg = vl_convert.vegalite_to_svg(
        {"config": look.CONFIG, "data": data, **spec}, vl_version=VERSION, allowed_base_urls=[]
    )
    return _titled(svg, title)


def _titled(svg: str, title: str) -> Markup:
    opening = Markup('<svg role="group" aria-label="{}" ').format(title)
    return Markup(svg).replace(Markup("<svg "), opening, 1)  # noqa: S704 - vl-convert escapes what it draws
