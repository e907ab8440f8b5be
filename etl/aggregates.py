"""The aggregates against a recomputation from the readings: compare them, or make them anew."""

from datetime import date

from etl.queries import Sql

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
    sql("aggregates/recompute_cells", tz=tz, first_date=first, end_date=end)
    found = sql("aggregates/differing_load_by_date", first_date=first, end_date=end)
    if dates is None:
        sql("aggregates/recompute_users")
        found += sql("aggregates/differing_load_profile") + sql("aggregates/differing_user_total")
        found += sql("aggregates/differing_user_segment")
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
    sql("aggregates/recompute_cells", tz=tz, first_date=first, end_date=end)
    sql("aggregates/recompute_users")
    sql("aggregates/clear")
    sql("aggregates/add_segments")
    for aggregate in AGGREGATES:
        sql(f"aggregates/fill_{aggregate}")
    sql("aggregates/count_segments")
