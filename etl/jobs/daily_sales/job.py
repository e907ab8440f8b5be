"""The second job: orders of the inbox, and the sales of one day made anew, in two units of work."""

from typing import Any, ClassVar

from psycopg2.errorcodes import DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE
from psycopg2.errors import lookup

from etl import sentences
from etl.database.checks import complain
from etl.errors import SqlError, UnitRefused
from etl.inbox.counts import Counts
from etl.inbox.fields import Times
from etl.inbox.files import InboxFile
from etl.inbox.listing import order_files
from etl.inbox.rejects import Rejects
from etl.jobs.daily_sales.orders import Loader
from etl.runs import dataset, notes, units
from etl.runs.job import Context

MOST_LATE_DATES = 1_000
LockNotAvailable, DeadlockDetected = lookup(LOCK_NOT_AVAILABLE), lookup(DEADLOCK_DETECTED)


class DailySales:
    """`orders/` into `raw_orders`, and from these the day's rows of `daily_sales`."""

    name: ClassVar[str] = "daily_sales"
    date_driven: ClassVar[bool] = True

    def run(self, context: Context) -> None:
        """Load the inbox, then compute the day: each is kept or rolled back whole."""
        units.run(context, "orders", _load_orders)
        units.run(context, "sales", _compute_day)
        _note_late_dates(context)


def _load_orders(context: Context, rejects: Rejects, balance: dict[str, Any]) -> bool:
    files = _wanted_files(context)
    return units.load_files(context, files, _loader, rejects, balance, name="orders", source="orders")


def _wanted_files(context: Context) -> list[InboxFile]:
    if not context.options.reads("orders"):
        return []
    files, not_taken = order_files(context.config.data_dir)
    notes.not_taken(context, not_taken)
    return files


def _compute_day(context: Context, _rejects: Rejects, balance: dict[str, Any]) -> bool:
    """Delete the day and insert it anew; the marks first: what comes after the lock stays marked."""
    sql, day = context.sql, context.day
    dataset.register(sql, context.config)
    _lock_orders(context)
    sql("daily_sales/clear_marks", day=day)
    starts_at, ends_at = sql("daily_sales/day_bounds", day=day, tz=context.config.tz)
    before = sql("daily_sales/delete_day", day=day)
    now = sql("daily_sales/insert_day", day=day, starts_at=starts_at, ends_at=ends_at)
    complain(sql("daily_sales/checks/products_add_up", day=day))
    complain(sql("daily_sales/checks/counted_once", day=day, starts_at=starts_at, ends_at=ends_at))
    orders = next(orders for product, orders, *_ in now if product is None)
    balance.update(orders=orders, products=len(now) - 1)
    context.record.data_source.append("raw_orders")
    context.record.count("sales", Counts(read=orders, inserted=len(now)))
    return set(before) != set(now)


def _lock_orders(context: Context) -> None:
    try:
        context.sql("daily_sales/lock_orders")
    except SqlError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise UnitRefused(sentences.NO_COMMIT) from error
        if isinstance(error.__cause__, DeadlockDetected):
            raise UnitRefused(sentences.SAME_ORDERS) from error
        raise


def _note_late_dates(context: Context) -> None:
    rows = context.sql("daily_sales/late_dates", day=context.day, tz=context.config.tz)
    uncomputed = [late.isoformat() for late, is_computed in rows[:MOST_LATE_DATES] if not is_computed]
    context.record.metadata.update(
        late_dates_count=len(rows),
        late_dates=[late.isoformat() for late, _ in rows[:MOST_LATE_DATES]],
        **({"uncomputed_dates": uncomputed} if uncomputed else {}),
    )


def _loader(context: Context, rejects: Rejects, on_progress: units.Progress) -> Loader:
    config = context.config
    return Loader(
        sql=context.sql,
        times=Times.until_now(config.zone),
        encoding=config.csv_encoding,
        expanded_limit=config.max_expanded_mb << 20,
        rejects=rejects,
        on_progress=on_progress,
        check=context.check,
        unfinished=context.unfinished,
    )
