"""The page of the energy of each day and source, and the same rows as CSV."""

from tempfile import TemporaryFile

from flask import Blueprint, Response, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _

from etl.jobs.archive.marts import RECENT_DAYS
from web import service
from web.charts import energy as charts
from web.charts.figures import Chart
from web.data import energy
from web.data.energy import MOST_CHART_DAYS, MOST_SOURCES, Bars, Energy, Unmodelled
from web.data.filters import EnergyFilters
from web.data.load_profile import Stamp
from web.http.problems import BadParameter
from web.pages import page_cache, parameters

blueprint = Blueprint("energy", __name__)
PIECE_BYTES = 2**16


@blueprint.get("/energy")
def page() -> Response:
    """Show energy and peak of each day and source: chart, sources, months, days."""
    filters = parameters.energy(request.args)
    waiting = energy.unmodelled(service.current().database)
    return page_cache.page(lambda stamp: _page(stamp, filters, waiting), also=waiting)


@blueprint.get("/energy.csv")
def download() -> Response:
    """Send every row of the days of the page, exact: in pieces, there may be a million."""
    filters = parameters.energy(request.args)
    _require_source(service.current().stamp(), filters)
    file = TemporaryFile()  # noqa: SIM115 - the answer closes it
    energy.write(service.current().database, filters, file)
    file.seek(0)
    response = Response(
        iter(lambda: file.read(PIECE_BYTES), b""),
        mimetype="text/csv",
        headers={
            "Content-Disposition": 'attachment; filename="energy.csv"',
            "Cache-Control": "private, no-cache",
        },
    )
    response.call_on_close(file.close)
    return response


def _page(stamp: Stamp | None, filters: EnergyFilters, waiting: Unmodelled) -> str:
    _require_source(stamp, filters)
    found = _energy(stamp, filters) if stamp else None
    return render_template(
        "energy.html",
        found=found if found and found.period.first else None,
        lines=charts.lines(found, filters.source) if found else [],
        meters=charts.meters(found) if found else [],
        chart=_chart(stamp, filters, found.bars) if stamp and found and found.bars else None,
        dates=filters.dates,
        source=filters.source,
        waiting=waiting,
        tz=stamp.tz if stamp else None,
        newest=RECENT_DAYS,
        most_days=MOST_CHART_DAYS,
        most_sources=MOST_SOURCES,
        given=parameters.current(),
    )


def _require_source(stamp: Stamp | None, filters: EnergyFilters) -> None:
    source, shared = filters.source, service.current()
    if source is None:
        return
    if stamp is None or not shared.data(
        stamp, "is source", (source,), lambda: energy.is_source(shared.database, source)
    ):
        raise BadParameter("source", source, _("no day has this meter; the table of meters lists them"))


def _chart(stamp: Stamp, filters: EnergyFilters, bars: Bars) -> Chart:
    return service.current().data(
        stamp, "energy chart", (filters, str(get_locale())), lambda: charts.chart(bars)
    )


def _energy(stamp: Stamp, filters: EnergyFilters) -> Energy:
    shared = service.current()
    return shared.data(stamp, "energy", (filters,), lambda: energy.fetch(shared.database, filters))
