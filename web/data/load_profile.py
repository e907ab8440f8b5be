"""The figures behind the pages: one query each, shaped with pandas; cached as data."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import pandas as pd

from web.data.database import Database
from web.data.filters import Filters

CELL_COLUMNS = ["hour", "weekday", "part", "readings", "energy_wh"]


@dataclass(frozen=True)
class Stamp:
    """What every page depends on besides its parameters.

    Attributes
    ----------
    tz : str
        Time zone of local dates and hours.
    data_version : int
        Raised by whatever changes figures.
    version_uuid : str
        A new one each time: unlike the number it never comes again, in no other database either.
    status : str or None
        The newest run's status.
    finished_at : datetime or None
        And its end.
    """

    tz: str
    data_version: int
    version_uuid: str
    status: str | None
    finished_at: datetime | None

    @property
    def data(self) -> tuple:
        """What figures depend on."""
        return self.tz, self.data_version, self.version_uuid


class Period(NamedTuple):
    """The first and the last local date with readings of anybody; None before the first reading."""

    first: date | None
    last: date | None


def stamp(database: Database) -> Stamp | None:
    """Fetch the stamp; None before the first import.

    Parameters
    ----------
    database : Database
        To ask.
    """
    row = database.prepared("web/version")
    return Stamp(*row) if row else None


def period(database: Database) -> Period:
    """Fetch the period that has readings.

    Parameters
    ----------
    database : Database
        To ask.

    Returns
    -------
    Period
        Of all users.
    """
    return Period(*database.query("web/period"))


def names(database: Database) -> dict[str, list[str]]:
    """List the names of `area` and `tariff`.

    Parameters
    ----------
    database : Database
        To ask.

    Returns
    -------
    dict of str to list of str
        By `area` and `tariff`.
    """
    found: dict[str, list[str]] = {"area": [], "tariff": []}
    for kind, name in database.query("web/names"):
        found[kind].append(name)
    return found


def profile(database: Database, filters: Filters, split: str | None = None) -> pd.DataFrame:
    """Fetch readings and energy by weekday and hour.

    Parameters
    ----------
    database : Database
        To ask.
    filters : Filters
        Which readings.
    split : str, optional
        `area` or `tariff`: one part each; else all is one part named "".

    Returns
    -------
    DataFrame
        At most 168 rows a part, columns `CELL_COLUMNS`; `energy_wh` in Wh, exact.
    """
    common = {"area": filters.area, "tariff": filters.tariff, "split": split}
    if filters.start_date or filters.end_date:
        dates = {"start_date": filters.start_date, "end_date": filters.end_date}
        rows = database.query("web/profile_between", **common, **dates)
    else:
        rows = database.query("web/profile", **common)
    return pd.DataFrame(rows, columns=CELL_COLUMNS)
