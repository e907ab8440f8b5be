"""Axes of the charts, as Vega-Lite takes them."""

import math
from typing import Any

import pandas as pd

from web.charts import formats

# Of the label of a date, in pixels, with the space to the next.
DATE_WIDTH = 87


def dates(shown: pd.Series, width: int) -> dict[str, Any]:
    """Label dates at even distances, so that no label stands in another and none is there twice."""
    found = pd.to_datetime(shown, utc=True)
    days = (found.max() - found.min()).days + 1
    labelled = pd.date_range(found.min(), found.max(), freq=f"{math.ceil(days / (width // DATE_WIDTH))}D")
    return {
        "aria": False,
        "format": formats.axis_date(),
        "labelFlush": False,
        # Below the lowest number of the other axis.
        "labelPadding": 10,
        "values": [round(one.timestamp() * 1000) for one in labelled],
    }


def places(names: list[str], width: int) -> dict[str, Any]:
    """Label places that each have their own width, at even distances.

    Parameters
    ----------
    names : list of str
        Dates or months as they are shown.
    width : int
        Of the axis, in pixels.
    """
    step = math.ceil(len(names) / (width // DATE_WIDTH))
    return {"aria": False, "labelAngle": 0, "labelPadding": 10, "values": names[::step]}


def value() -> dict[str, Any]:
    """Give the encoding of `value` upwards, with few lines and plain numbers."""
    axis = {"aria": False, "grid": True, "gridOpacity": 0.35, "tickCount": 5, "format": ",~f"}
    return {"field": "value", "type": "quantitative", "title": None, "axis": axis}
