"""The pages: each view checks its parameters, asks for figures and renders."""

import csv
from dataclasses import astuple, replace
from io import StringIO
from typing import NoReturn
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _

from web import service
from web.charts import figures
from web.charts.figures import Chart
from web.data import load_profile, user_load, user_table
from web.data.filters import Filters, whole
from web.data.load_profile import Period, Stamp
from web.data.user_load import Contract, Daily, Due
from web.pages import page_cache, parameters

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def summary() -> Response:
    """Show the load profile, the headline figures and the table of users."""
    return page_cache.page(tuple(sorted(request.args.lists())), _summary, shows_run=True)


def _summary(stamp: Stamp | None) -> str:
    shared = service.current()
    if stamp is None:
        parameters.summary(request.args, (), ())
        return render_template("empty.html")
    names = shared.data(stamp, "names", (), lambda: load_profile.names(shared.database))
    asked = parameters.summary(request.args, names["area"], names["tariff"])
    cells = _profile(stamp, asked.filters, asked.split)
    charts = shared.data(
        stamp,
        "charts",
        (asked.filters, asked.split, asked.measure, str(get_locale())),
        lambda: figures.profile_charts(cells, asked.measure, asked.split) if len(cells) else [],
    )
    listed = replace(
        asked, filters=replace(asked.filters, start_date=None, end_date=None), measure="", split=None
    )
    table = shared.data(stamp, "users", (listed,), lambda: user_table.page(shared.database, listed))
    return render_template(
        "summary.html",
        stamp=stamp,
        asked=asked,
        names={kind: [(name, name) for name in found] for kind, found in names.items()},
        period=_period(stamp),
        charts=charts,
        readings=int(cells["readings"].sum()),
        energy_wh=cells["energy_wh"].sum() or 0,
        user_count=_count_users(stamp, asked.filters),
        active_count=_count_users(stamp, asked.filters, "active"),
        table=table,
        given=parameters.current(),
    )


@blueprint.get("/users/<user_id>")
def user(user_id: str) -> Response:
    """Show one user: contracts, load profile beside the peers', daily series."""
    number, dates = _number(user_id), parameters.dates(request.args)
    return page_cache.page(astuple(dates), lambda stamp: _user(stamp, number, dates))


def _user(stamp: Stamp | None, user_id: int, dates: Filters) -> str:
    shared = service.current()
    database = shared.database
    found = (
        shared.data(stamp, "user", (user_id,), lambda: database.query("web/user", user_id=user_id))
        if stamp
        else None
    )
    if stamp is None or found is None:
        _unknown(user_id)
    _id, area, tariff, status, departed_on = found
    contracts = shared.data(stamp, "contracts", (user_id,), lambda: user_load.contracts(database, user_id))
    period = _period(stamp)
    daily = shared.data(
        stamp, "daily", (user_id, dates), lambda: _daily(stamp, user_id, dates, contracts, period)
    )
    charts = _user_charts(stamp, user_id, dates, daily, (area, tariff)) if len(daily.cells) else []
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


def _user_charts(
    stamp: Stamp, user_id: int, dates: Filters, daily: Daily, segment: tuple[str, str]
) -> list[Chart]:
    area, tariff = segment
    peers = _profile(stamp, Filters(dates.start_date, dates.end_date, area, tariff), None)

    def draw() -> list[Chart]:
        others = _("all of %(area)s, %(tariff)s", area=area, tariff=tariff)
        charts = figures.comparison(daily.cells, peers, _("user %(id)s", id=user_id), others)
        return [*charts, figures.daily_chart(daily)]

    return service.current().data(stamp, "user charts", (user_id, dates, str(get_locale())), draw)


def _daily(stamp: Stamp, user_id: int, dates: Filters, contracts: list[Contract], period: Period) -> Daily:
    first, last = period
    if first is None or last is None:
        return user_load.NOTHING
    due = Due(first, last, tuple(contracts))
    return user_load.daily(service.current().database, user_id, stamp.tz, dates, due)


@blueprint.get("/users/<user_id>/readings.csv")
def readings(user_id: str) -> Response:
    """Send a user's readings: local time with offset, and Wh as it was registered."""
    number, dates = _number(user_id), parameters.dates(request.args)
    database = service.current().database
    stamp = load_profile.stamp(database)
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


def _profile(stamp: Stamp, filters: Filters, split: str | None):
    shared = service.current()
    return shared.data(
        stamp, "profile", (filters, split), lambda: load_profile.profile(shared.database, filters, split)
    )


def _period(stamp: Stamp) -> Period:
    shared = service.current()
    return shared.data(stamp, "period", (), lambda: load_profile.period(shared.database))


def _count_users(stamp: Stamp, filters: Filters, status: str | None = None) -> int:
    shared, given = service.current(), {"area": filters.area, "tariff": filters.tariff, "status": status}
    return shared.data(
        stamp, "count", tuple(given.values()), lambda: shared.database.query("web/count_users", **given)
    )


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
