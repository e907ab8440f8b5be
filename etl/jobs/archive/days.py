"""Which days the archive holds, and which of them are yet to be modelled."""

from datetime import date

from etl.database.queries import Sql


def archived_points(sql: Sql, day: date) -> int | None:
    """Tell how many points of a day were archived; None: it never was.

    Parameters
    ----------
    sql : Sql
        The data connection.
    day : date
        Local.
    """
    return sql("archive/archived_points", energy_date=day)


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


def to_model(sql: Sql) -> list[date]:
    """List the archived days whose energy was not computed since, ascending.

    Parameters
    ----------
    sql : Sql
        The data connection.
    """
    return [day for (day,) in sql("archive/days_to_model")]
