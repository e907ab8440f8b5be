"""The page of daily sales, and the same days as CSV."""

import csv
from datetime import date
from decimal import Decimal
from io import StringIO

from flask import Blueprint, Response, render_template, request
from flask_babel import get_locale

from web import service
from web.charts import figures
from web.charts.figures import Chart
from web.data import sales
from web.data.filters import Filters
from web.data.load_profile import Stamp
from web.data.sales import MOST_PRODUCTS, NEWEST_DAYS, Day, Sales
from web.pages import page_cache, parameters

blueprint = Blueprint("sales", __name__)


@blueprint.get("/sales")
def page() -> Response:
    """Show the sales of each day: chart, products, months, days."""
    dates = parameters.dates(request.args)
    late = sales.late_dates(service.current().database)
    return page_cache.page(lambda stamp: _page(stamp, dates, late), also=late)


@blueprint.get("/sales.csv")
def download() -> Response:
    """Send the days of the page, exact."""
    dates = parameters.dates(request.args)
    stamp = service.current().stamp()
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Day._fields)
    for day in _sales(stamp, dates).days if stamp else []:
        writer.writerow(f"{value:f}" if isinstance(value, Decimal) else value for value in day)
    return Response(
        text.getvalue(),
        mimetype="text/csv",
        headers={
            "Content-Disposition": 'attachment; filename="sales.csv"',
            "Cache-Control": "private, no-cache",
        },
    )


def _page(stamp: Stamp | None, dates: Filters, late: tuple[date, ...]) -> str:
    found = _sales(stamp, dates) if stamp else None
    return render_template(
        "sales.html",
        found=found if found and found.period.first else None,
        chart=_chart(stamp, dates, found) if stamp and found and found.days else None,
        dates=dates,
        tz=stamp.tz if stamp else None,
        newest=NEWEST_DAYS,
        late=set(late),
        most_products=MOST_PRODUCTS,
        given=parameters.current(),
    )


def _chart(stamp: Stamp, dates: Filters, found: Sales) -> Chart:
    return service.current().data(
        stamp, "sales chart", (dates, str(get_locale())), lambda: figures.sales_chart(found.days[::-1])
    )


def _sales(stamp: Stamp, dates: Filters) -> Sales:
    shared = service.current()
    return shared.data(stamp, "sales", (dates,), lambda: sales.fetch(shared.database, dates))
