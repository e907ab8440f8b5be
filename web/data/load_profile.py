"""The figures behind the pages: one query each, shaped with pandas; cached as data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

import pandas as pd

from web.data.database import Database
from web.data.filters import Filters

CELL_COLUMNS = ["hour", "weekday", "part", "readings", "energy_wh"]


class LastRun(NamedTuple):
    """How a job stands: a failure counts until a full run of the job succeeds.

    Attributes
    ----------
    job : str
        Its name.
    status : str or None
        FAILURE, RUNNING or SUCCESS; None before its first run.
    at : datetime or None
        When that run ended; of one that is running, when it started.
    """

    job: str
    status: str | None
    at: datetime | None


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
    runs : tuple of LastRun
        One of each job.
    """

    tz: str
    data_version: int
    version_uuid: str
    runs: tuple[LastRun, ...]

    @property
    def data(self) -> tuple:
        """What figures depend on."""
        return self.tz, self.data_version, self.version_uuid


class Period(NamedTuple):
    """The first and the last local date with readings of anybody; None before the first reading."""

    first: date | None
    last: date | None


def stamp(database: Database, jobs: Sequence[str]) -> Stamp | None:
    """Fetch the stamp; None before the first import.

    Parameters
    ----------
    database : Database
        To ask.
    jobs : sequence of str
        Whose last runs are told.
    """
    row = database.prepared("web/version", list(jobs))
    if row is None:
        return None
    tz, data_version, version_uuid, statuses, instants = row
    runs = tuple(map(LastRun, jobs, statuses, instants))
    return Stamp(tz, data_version, version_uuid, runs)


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
