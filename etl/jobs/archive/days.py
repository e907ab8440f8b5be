"""Local days: when they begin and end, which of them the archive holds, and which are yet to be modelled."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from etl.database.queries import Sql


class Archived(NamedTuple):
    """What PostgreSQL says of a day of the archive."""

    points: int
    is_modelled: bool


def bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Give the start of a local day and of the next, in UTC: 23, 24 or 25 hours apart.

    Parameters
    ----------
    day : date
        The local date.
    zone : ZoneInfo
        Whose midnights are meant.
    """
    start, end = (
        datetime.combine(one, time(), zone).astimezone(UTC) for one in (day, day + timedelta(days=1))
    )
    return start, end


def archived(sql: Sql, day: date) -> Archived | None:
    """Tell what PostgreSQL says of a day; None: it never was archived.

    Parameters
    ----------
    sql : Sql
        The data connection.
    day : date
        Local.
    """
    found = sql("archive/archived_day", energy_date=day)
    return Archived(*found) if found else None


def put(sql: Sql, day: date, points: int) -> None:
    """Note that a day was archived just now; it is to be modelled (again).

    Parameters
    ----------
    sql : Sql
        The data connection.
    day : date
        Local.
    points : int
        Of the day in the archive, repeated instants counted once.
    """
    sql("archive/put_archive_day", energy_date=day, points=points)


def to_model(sql: Sql) -> dict[date, int]:
    """Give the archived days whose energy was not computed since, ascending, with their points.

    Parameters
    ----------
    sql : Sql
        The data connection.
    """
    return dict(sql("archive/days_to_model"))
