"""The page of one user, and the same readings as CSV."""

import csv
from io import StringIO
from typing import NoReturn
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _

from web import service
from web.charts import figures
from web.charts.figures import Chart
from web.data import user_load
from web.data.filters import Filters, whole
from web.data.load_profile import Stamp
from web.data.user_load import Daily
from web.pages import cached_figures, page_cache, parameters

blueprint = Blueprint("user", __name__)


@blueprint.get("/users/<user_id>")
def page(user_id: str) -> Response:
    """Show one user: contracts, load profile beside the peers', daily series."""
    number, dates = _number(user_id), parameters.dates(request.args)
    return page_cache.page(lambda stamp: _page(stamp, number, dates))


@blueprint.get("/users/<user_id>/readings.csv")
def readings(user_id: str) -> Response:
    """Send a user's readings: local time with offset, and Wh as it was registered."""
    number, dates = _number(user_id), parameters.dates(request.args)
    database = service.current().database
    stamp = service.current().stamp()
    if stamp is None or database.query("web/user", user_id=number) is None:
        _unknown(number)
    rows = database.query(
        "web/readings", user_id=number, tz=stamp.tz, start_date=dates.start_date, end_date=dates.end_date
    )
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("datetime", "energy_wh"))
    zone = ZoneInfo(stamp.tz)
    writer.writerows((at.astimezone(zone).isoformat(" "), f"{energy:f}") for at, energy in rows)
    name = f"readings-{number}.csv"
    return Response(
        text.getvalue(),
        mimetype="text/csv",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-cache",
        },
    )


def _page(stamp: Stamp | None, user_id: int, dates: Filters) -> str:
    if stamp is None:
        _unknown(user_id)
    shared = service.current()
    database = shared.database
    found = shared.data(stamp, "user", (user_id,), lambda: database.query("web/user", user_id=user_id))
    if found is None:
        _unknown(user_id)
    _id, area, tariff, status, departed_on = found
    contracts = shared.data(stamp, "contracts", (user_id,), lambda: user_load.contracts(database, user_id))
    period = cached_figures.period(stamp)
    daily = shared.data(
        stamp, "daily", (user_id, dates), lambda: user_load.daily(database, user_id, stamp.tz, dates, period)
    )
    charts = _charts(stamp, user_id, dates, daily, (area, tariff)) if len(daily.cells) else []
    return render_template(
        "user.html",
        stamp=stamp,
        user_id=user_id,
        area=area,
        tariff=tariff,
        status=status,
        departed_on=departed_on,
        contracts=contracts,
        daily=daily,
        charts=charts,
        dates=dates,
        given=parameters.current(),
    )


def _charts(
    stamp: Stamp, user_id: int, dates: Filters, daily: Daily, segment: tuple[str, str]
) -> list[Chart]:
    area, tariff = segment
    peers = cached_figures.profile(stamp, Filters(dates.start_date, dates.end_date, area, tariff))

    def draw() -> list[Chart]:
        others = _("all of %(area)s, %(tariff)s", area=area, tariff=tariff)
        charts = figures.comparison(daily.cells, peers, _("user %(id)s", id=user_id), others)
        return [*charts, figures.daily_chart(daily)]

    return service.current().data(stamp, "user charts", (user_id, dates, str(get_locale())), draw)


def _number(user_id: str) -> int:
    """Read the id in the path; what cannot be one is a user that does not exist."""
    number = whole(user_id)
    return number if number and str(number) == user_id else _unknown(user_id)


def _unknown(user_id: str | int) -> NoReturn:
    abort(
        404,
        _(
            "There is no user %(id)s. Look for the first digits of the id in the table of the summary.",
            id=user_id,
        ),
    )
