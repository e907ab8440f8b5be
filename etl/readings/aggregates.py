"""The aggregates against a recomputation from the readings: compare them, or make them anew."""

from datetime import date

from etl.database.queries import Sql

EVER = (date.min, date.max)
AGGREGATES = ("load_by_date", "load_profile", "user_total")


def differences(sql: Sql, tz: str, dates: tuple[date, date] | None = None) -> list[str]:
    """Compare the aggregates with the readings.

    Parameters
    ----------
    sql : Sql
        Inside a transaction.
    tz : str
        In which local dates and hours are meant.
    dates : (date, date), optional
        The local dates [first, end) to compare: only `load_by_date` can tell dates apart. Without
        them everything is compared.

    Returns
    -------
    list of str
        A sentence for each differing cell: its key, the stored and the recomputed figures.
    """
    first, end = dates or EVER
    sql("readings/recompute_cells", tz=tz, first_date=first, end_date=end)
    found = sql("readings/differing_load_by_date", first_date=first, end_date=end)
    if dates is None:
        sql("readings/recompute_users")
        found += sql("readings/differing_load_profile") + sql("readings/differing_user_total")
        found += sql("readings/differing_user_segment")
    return [sentence for (sentence,) in found]


def rebuild(sql: Sql, tz: str) -> None:
    """Replace the aggregates by a recomputation; readers see the old ones until the commit.

    Parameters
    ----------
    sql : Sql
        Inside a transaction.
    tz : str
        In which local dates and hours are meant.
    """
    first, end = EVER
    sql("readings/recompute_cells", tz=tz, first_date=first, end_date=end)
    sql("readings/recompute_users")
    sql("readings/clear_aggregates")
    sql("readings/add_segments")
    for aggregate in AGGREGATES:
        sql(f"readings/fill_{aggregate}")
    sql("readings/count_segments")
