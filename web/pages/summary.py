"""The summary: load profile, headline figures and the table of users."""

from dataclasses import replace

import pandas as pd
from flask import Blueprint, Response, render_template, request
from flask_babel import get_locale

from web import service
from web.charts import figures
from web.charts.figures import Chart
from web.data import user_table
from web.data.filters import Summary
from web.data.load_profile import Stamp
from web.data.user_table import Page
from web.pages import cached_figures, page_cache, parameters

blueprint = Blueprint("summary", __name__)


@blueprint.get("/")
def page() -> Response:
    """Show the load profile, the headline figures and the table of users."""
    return page_cache.page(_page, shows_run=True)


def _page(stamp: Stamp | None) -> str:
    if stamp is None:
        parameters.summary(request.args, (), ())
        return render_template("empty.html")
    names = cached_figures.names(stamp)
    asked = parameters.summary(request.args, names["area"], names["tariff"])
    cells = cached_figures.profile(stamp, asked.filters, asked.split)
    return render_template(
        "summary.html",
        stamp=stamp,
        asked=asked,
        names={kind: [(name, name) for name in found] for kind, found in names.items()},
        period=cached_figures.period(stamp),
        charts=_charts(stamp, asked, cells) if len(cells) else [],
        readings=int(cells["readings"].sum()),
        energy_wh=cells["energy_wh"].sum() or 0,
        user_count=cached_figures.count_users(stamp, asked.filters),
        active_count=cached_figures.count_users(stamp, asked.filters, "active"),
        table=_table(stamp, asked),
        given=parameters.current(),
    )


def _charts(stamp: Stamp, asked: Summary, cells: pd.DataFrame) -> list[Chart]:
    return service.current().data(
        stamp,
        "charts",
        (asked.filters, asked.split, asked.measure, str(get_locale())),
        lambda: figures.profile_charts(cells, asked.measure, asked.split),
    )


def _table(stamp: Stamp, asked: Summary) -> Page:
    """Fetch the page of the table; dates, measure and split do not change it."""
    shared = service.current()
    undated = replace(asked.filters, start_date=None, end_date=None)
    listed = replace(asked, filters=undated, measure="", split=None)
    return shared.data(stamp, "users", (listed,), lambda: user_table.page(shared.database, listed))
