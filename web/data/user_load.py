"""The figures of one user: contracts, readings by date, and how many of those due have come."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

import pandas as pd

from web.data.database import Database
from web.data.filters import Filters
from web.data.load_profile import CELL_COLUMNS, Period

DAY_COLUMNS = ["local_date", "received", "expected", "energy_wh"]
# What is taken where readings do not tell.
USUAL_MINUTES = 30


class Contract(NamedTuple):
    """A contract; `valid_from` None: since ever, `valid_to` (excluded) None: open."""

    area: str
    tariff: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True)
class Daily:
    """A user's own figures.

    Attributes
    ----------
    cells : DataFrame
        Columns `CELL_COLUMNS`; `energy_wh` in Wh, exact.
    days : DataFrame
        One row per local date from the first to the last that has or should have readings:
        `local_date`, `received` (intervals), `expected` (intervals), `energy_wh` (None where nothing
        came).
    last_measured_at : datetime or None
        The newest reading's time.
    known_minutes : int or None
        The length of an interval; None where there are too few readings to tell, or no rule in them.
    """

    cells: pd.DataFrame
    days: pd.DataFrame
    last_measured_at: datetime | None
    known_minutes: int | None

    @property
    def minutes(self) -> int:
        """The length of an interval, as it is taken."""
        return self.known_minutes or USUAL_MINUTES

    @property
    def energy_wh(self) -> Decimal:
        """Sum in Wh."""
        return sum(self.cells["energy_wh"], Decimal(0))

    @property
    def readings(self) -> int:
        """How many readings there are."""
        return int(self.cells["readings"].sum())

    @property
    def received(self) -> int:
        """How many intervals have a reading."""
        return int(self.days["received"].sum())

    @property
    def expected(self) -> int:
        """How many intervals should have one."""
        return int(self.days["expected"].sum())


NOTHING = Daily(pd.DataFrame(columns=CELL_COLUMNS), pd.DataFrame(columns=DAY_COLUMNS), None, None)


def contracts(database: Database, user_id: int) -> list[Contract]:
    """List a user's contracts, oldest first.

    Parameters
    ----------
    database : Database
        To ask.
    user_id : int
        The user.
    """
    return [Contract(*row) for row in database.query("web/contracts", user_id=user_id)]


def daily(database: Database, user_id: int, tz: str, dates: Filters, period: Period) -> Daily:
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
    period : Period
        There are no readings of anybody beyond it, and none are due.

    Returns
    -------
    Daily
        Energies in Wh.
    """
    if period.first is None or period.last is None:
        return NOTHING
    rows = database.query(
        "web/user_cells",
        user_id=user_id,
        tz=tz,
        start_date=dates.start_date,
        end_date=dates.end_date,
        usual_minutes=USUAL_MINUTES,
    )
    *groups, (*_, newest, minutes) = rows
    cells = [
        (hour, weekday, "", count, energy) for _, weekday, hour, count, _, energy, *_ in groups if weekday
    ]
    got = {day: (came, energy) for day, _, _, _, came, energy, *_ in groups if day}
    first = max(period.first, dates.start_date or min(got, default=period.first))
    last = min(period.last, dates.end_date or period.last)
    calendar = database.query(
        "web/user_days",
        user_id=user_id,
        tz=tz,
        first_date=first,
        last_date=last,
        minutes=minutes or USUAL_MINUTES,
    )
    return Daily(pd.DataFrame(cells, columns=CELL_COLUMNS), _days(got, calendar), newest, minutes)


def _days(got: dict[date, tuple[int, Decimal]], calendar: list[tuple[date, int, int]]) -> pd.DataFrame:
    """List the dates from the first to the last that count, those without readings too."""
    rows = []
    for day, intervals, due in calendar:
        came, energy = got.get(day, (0, None))
        # Readings count on a day on which no contract is in force, too.
        expected = intervals if came else due
        rows.append((day, min(came, expected), expected, energy))
    counted = [n for n, (_, _, expected, _) in enumerate(rows) if expected]
    kept = rows[counted[0] : counted[-1] + 1] if counted else []
    return pd.DataFrame(kept, columns=DAY_COLUMNS)
