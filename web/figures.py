"""The figures behind the pages: one query each, shaped with pandas; cached as data."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pandas as pd

from web.database import Database
from web.parameters import Filters

CELL_COLUMNS = ["hour", "weekday", "part", "readings", "energy_wh"]
INTERVAL = timedelta(minutes=30)


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


@dataclass(frozen=True)
class Daily:
    """A user's own figures.

    Attributes
    ----------
    cells : DataFrame
        Columns `CELL_COLUMNS`; `energy_wh` in Wh, exact.
    days : DataFrame
        One row per local date from the first to the last: `local_date`, `readings`, `expected`
        (half-hours of that date), `energy_wh` (None where nothing came).
    last_measured_at : datetime or None
        The newest reading's time.
    """

    cells: pd.DataFrame
    days: pd.DataFrame
    last_measured_at: datetime | None

    @property
    def energy_wh(self) -> Decimal:
        """Sum in Wh."""
        return sum(self.cells["energy_wh"], Decimal(0))

    @property
    def received(self) -> int:
        """How many readings there are."""
        return int(self.days["readings"].sum())

    @property
    def expected(self) -> int:
        """How many half-hours the dates have."""
        return int(self.days["expected"].sum())


def stamp(database: Database) -> Stamp | None:
    """Fetch the stamp; None before the first import."""
    row = database.prepared("web/version")
    return Stamp(*row) if row else None


def names(database: Database) -> dict[str, list[str]]:
    """List the names of `area` and `tariff`."""
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


def daily(database: Database, user_id: int, tz: str, dates: Filters) -> Daily:
    """Fetch a user's readings by date, and by weekday and hour, in one scan.

    Parameters
    ----------
    database : Database
        To ask.
    user_id : int
        The user.
    tz : str
        In which dates and hours are meant.
    dates : Filters
        Only its dates count.
    """
    rows = database.query(
        "web/user_cells", user_id=user_id, tz=tz, start_date=dates.start_date, end_date=dates.end_date
    )
    cells = [
        (hour, weekday, "", count, energy) for day, weekday, hour, count, energy, _ in rows if day is None
    ]
    by_day = {day: (count, energy) for day, _, _, count, energy, _ in rows if day is not None}
    newest = max((last for *_, last in rows), default=None)
    first, end = min(by_day, default=None), max(by_day, default=None)
    days = [
        (day, by_day.get(day, (0, None))[0], half_hours(day, tz), by_day.get(day, (0, None))[1])
        for day in _range(first, end)
    ]
    columns = ["local_date", "readings", "expected", "energy_wh"]
    return Daily(pd.DataFrame(cells, columns=CELL_COLUMNS), pd.DataFrame(days, columns=columns), newest)


def half_hours(day: date, tz: str) -> int:
    """Count the half-hours of a local day: 48, but for the days on which clocks change.

    Examples
    --------
    >>> half_hours(date(2026, 3, 29), "Europe/Berlin")
    46
    """
    midnight = datetime.combine(day, datetime.min.time(), ZoneInfo(tz))
    following = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(tz))
    return (following.astimezone(UTC) - midnight.astimezone(UTC)) // INTERVAL


def _range(first: date | None, last: date | None) -> list[date]:
    if first is None or last is None:
        return []
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
