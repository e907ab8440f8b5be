"""Figures that several pages show, each computed once in 24 hours for all of them."""

import pandas as pd

from web import service
from web.data import load_profile
from web.data.filters import Filters
from web.data.load_profile import Period, Stamp


def names(stamp: Stamp) -> dict[str, list[str]]:
    """List the names of areas and tariffs; see `load_profile.names`."""
    shared = service.current()
    return shared.data(stamp, "names", (), lambda: load_profile.names(shared.database))


def period(stamp: Stamp) -> Period:
    """Give the period that has readings of anybody."""
    shared = service.current()
    return shared.data(stamp, "period", (), lambda: load_profile.period(shared.database))


def profile(stamp: Stamp, filters: Filters, split: str | None = None) -> pd.DataFrame:
    """Give readings and energy by weekday and hour; see `load_profile.profile`."""
    shared = service.current()
    return shared.data(
        stamp, "profile", (filters, split), lambda: load_profile.profile(shared.database, filters, split)
    )


def count_users(stamp: Stamp, filters: Filters, status: str | None = None) -> int:
    """Count the users of an area and a tariff."""
    shared, given = service.current(), {"area": filters.area, "tariff": filters.tariff, "status": status}
    return shared.data(
        stamp, "count", tuple(given.values()), lambda: shared.database.query("web/count_users", **given)
    )
