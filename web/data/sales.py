"""The sales of each day, and their totals by month; in yen, exact."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from web.data.database import Database
from web.data.filters import Filters
from web.data.load_profile import Period

NEWEST_DAYS = 90
MOST_PRODUCTS = 100


class Day(NamedTuple):
    """A computed sales date; amounts in yen, changes None where the other date is not computed."""

    sales_date: date
    orders: int
    customers: int
    quantity: int
    gross: Decimal
    cancelled: Decimal
    net: Decimal
    mean_7_days: Decimal
    month_to_date: Decimal
    change_to_day_before: Decimal | None
    change_to_week_before: Decimal | None


class Total(NamedTuple):
    """Computed dates added up: those of a month, or (None) all; customers of dates do not add up."""

    month: date | None
    days: int
    orders: Decimal
    quantity: Decimal
    gross: Decimal
    cancelled: Decimal
    net: Decimal


class Product(NamedTuple):
    """A product over the computed dates of a period, and how many products these have."""

    product: str
    orders: Decimal
    quantity: Decimal
    gross: Decimal
    cancelled: Decimal
    net: Decimal
    products: int


@dataclass(frozen=True)
class Sales:
    """What the page shows of a period.

    Attributes
    ----------
    period : Period
        The first and the last computed date there are.
    days : list of Day
        The newest first.
    total : Total or None
        Of all days; None if there is none.
    months : list of Total
        The newest first.
    products : list of Product
        At most `MOST_PRODUCTS`, the most sold first.
    """

    period: Period
    days: list[Day]
    total: Total | None
    months: list[Total]
    products: list[Product]


def fetch(database: Database, dates: Filters) -> Sales:
    """Fetch the days of a period; without dates the newest `NEWEST_DAYS`.

    Parameters
    ----------
    database : Database
        To ask.
    dates : Filters
        The period, both ends included.
    """
    whole = dates == Filters()
    bounds = {"start_date": dates.start_date, "end_date": dates.end_date}
    rows = database.query("web/sales", **bounds, most=NEWEST_DAYS if whole else None)
    days = [Day(*row) for row in rows]
    period = Period(*database.query("web/sales_period"))
    if not days:
        return Sales(period, [], None, [], [])
    shown = {"start_date": days[-1].sales_date, "end_date": days[0].sales_date}
    total, *months = (Total(*row) for row in database.query("web/sales_totals", **shown))
    rows = database.query("web/sales_products", **shown, most=MOST_PRODUCTS)
    return Sales(period, days, total, months, [Product(*row) for row in rows])


def late_dates(database: Database) -> tuple[date, ...]:
    """Fetch the computed dates that got orders since: whoever inserts orders does not raise the data version.

    Parameters
    ----------
    database : Database
        To ask.
    """
    (found,) = database.prepared("web/late_sales") or ((),)
    return tuple(found)
