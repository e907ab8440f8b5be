"""The energy of modelled days, from the archive into PostgreSQL."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice

from etl.database.checks import complain
from etl.database.queries import Sql

BATCH_ROWS = 10_000
# What the viewer shows first.
RECENT_DAYS = 30
# In the order of fct_daily_energy; so stage_energy.sql calls their arrays.
COLUMNS = (
    "dates",
    "sources",
    "energies_kwh",
    "fallen",
    "peaks_w",
    "points",
    "half_hours",
    "half_hours_of_day",
)


def store(sql: Sql, days: Sequence[date], rows: Iterable[tuple]) -> bool:
    """Replace the energy of days by what the archive says of them, and note that they are modelled.

    Parameters
    ----------
    sql : Sql
        The data connection. The time zone is registered (`etl.runs.dataset`): without it the viewer
        shows nothing.
    days : sequence of date
        Archived ones; a day without a row has no energy from now on.
    rows : iterable of tuple
        In the order of `fct_daily_energy`: date, source, kWh (Decimal or None), whether the counter fell,
        peak in W, points, half-hours with points, half-hours of the day.

    Returns
    -------
    bool
        Whether readers see other figures: then the data version has to be raised.

    Raises
    ------
    CheckFailed
        If a row is of another day, or a day is not archived.
    SqlError
        If a row breaks a constraint of `daily_energy`, or comes twice.
    """
    wanted = list(days)
    _stage(sql, rows)
    complain(sql("archive/checks/only_these_days", days=wanted))
    changed = sql("archive/energy_differs", days=wanted)
    sql("archive/delete_daily_energy", days=wanted)
    sql("archive/insert_daily_energy")
    sql("archive/insert_daily_energy_total", days=wanted)
    complain(sql("archive/checks/sources_add_up", days=wanted))
    sql("archive/delete_recent_energy")
    sql("archive/insert_recent_energy", newest=RECENT_DAYS)
    sql("archive/mark_modelled", days=wanted)
    return changed


def _stage(sql: Sql, rows: Iterable[tuple]) -> None:
    sql("archive/work_tables")
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH_ROWS)):
        arrays = (list(values) for values in zip(*batch, strict=True))
        sql("archive/stage_energy", batched=True, **dict(zip(COLUMNS, arrays, strict=True)))
    sql.log_batched()
