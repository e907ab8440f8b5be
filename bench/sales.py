"""The benchmark of daily sales: `make bench-sales`, or `python -m bench.sales`.

A million orders over a year. One day's run against the same run in a database with only that day's orders,
and a year's runs in one process against one GROUP BY over the year that gives the same figures, which are
compared. Prints one table; exits 1 if a bar is missed. Needs some 2 GB in the folder for temporary files.
"""

import logging
import sys
from contextlib import closing
from datetime import date, timedelta
from io import BytesIO

from psycopg2.extensions import connection as Connection

from bench.web.databases import TZ, cluster, connect
from bench.web.fill import LAST_DAY, vacuum
from bench.web.report import Row, at_most, compare, table, tell, timed
from etl import log
from etl.config import Config
from etl.jobs.daily_sales.job import DailySales
from etl.runs import pipeline
from etl.runs.interrupt import Stop
from etl.runs.requests import Options
from etl.runs.run import Run
from etl.sample.orders import insert

ORDERS, DAYS = 1_000_000, 365
BAR_OF_A_DAY, BAR_OF_A_YEAR = 1.2, 10.0
# Every version of the orders that have one on that day.
OF_A_DAY = """
    COPY (
        SELECT *
        FROM raw_orders
        WHERE order_id IN (
            SELECT order_id
            FROM raw_orders
            WHERE
                created_at >= day_start('{day}', '{tz}')
                AND created_at < day_start('{day}'::date + 1, '{tz}')
        )
    ) TO STDOUT
"""
YEAR = """
    CREATE TABLE year AS
    SELECT sales_date, product, count(*) AS orders, count(DISTINCT user_id) AS customers,
        sum(quantity) AS quantity, sum(amount) AS gross,
        coalesce(sum(amount) FILTER (WHERE status = 'cancelled'), 0) AS cancelled,
        coalesce(sum(amount) FILTER (WHERE status = 'ordered'), 0) AS net
    FROM (
        SELECT *, (created_at AT TIME ZONE %s)::date AS sales_date,
            row_number() OVER (PARTITION BY order_id ORDER BY version DESC) AS age
        FROM raw_orders
    ) AS ranked
    WHERE age = 1
    GROUP BY GROUPING SETS ((sales_date, product), (sales_date))
"""
COLUMNS = "sales_date, product, orders, customers, quantity, gross, cancelled, net"
COMPUTED, STORED = f"SELECT {COLUMNS} FROM year", f"SELECT {COLUMNS} FROM daily_sales"  # noqa: S608
DIFFERENT = f"""
    SELECT count(*)
    FROM (({COMPUTED} EXCEPT {STORED}) UNION ALL ({STORED} EXCEPT {COMPUTED})) AS different
"""  # noqa: S608


def main() -> int:
    """Measure; 0 if both bars are met."""
    log.set_up(Config(), file=False)
    log.logger.setLevel(logging.ERROR)
    with cluster({}) as server:
        rows = measure(server.create("large"), server.create("small"), ORDERS, DAYS)
    print(table(rows))
    return int(any(not row.ok for row in rows))


def measure(large: Config, small: Config, orders: int, days: int) -> list[Row]:
    """Give the two rows.

    Parameters
    ----------
    large, small : Config
        Of databases with the schema and no rows.
    orders, days : int
        How many orders, over how many days up to `LAST_DAY`.

    Raises
    ------
    RuntimeError
        If a run fails or the figures of the year differ.
    """
    seconds = timed(lambda: insert(large, orders, days, 1, LAST_DAY))
    tell(f"{orders:,} orders made in {seconds:.0f} s")
    day = LAST_DAY - timedelta(days=days // 2)
    _copy_day(large, small, day)
    for config in (large, small):
        with closing(connect(config.database_url)) as connection:
            vacuum(connection)
    of_a_day = compare(
        "a day of many / the only day", lambda: _timed_run(large, day), lambda: _timed_run(small, day)
    )
    return [
        at_most(f"a day's run, {orders:,} orders in {days} days", [of_a_day], BAR_OF_A_DAY),
        _year(large, days),
    ]


def _year(config: Config, days: int) -> Row:
    with closing(connect(config.database_url)) as connection:
        # On a noisy machine: one side before and after the other.
        before = timed(lambda: _execute(connection, YEAR, (TZ,)))
        runs = timed(lambda: [_run(config, LAST_DAY - timedelta(days=n)) for n in range(days)])
        _execute(connection, "DROP TABLE year")
        once = (before + timed(lambda: _execute(connection, YEAR, (TZ,)))) / 2
        different = _execute(connection, DIFFERENT)
    if different:
        raise RuntimeError(f"{different} rows of daily_sales are not those of the GROUP BY")
    ratio = runs / once
    measured = f"{runs:.1f} s / {once:.1f} s ({days} runs / one GROUP BY)"
    return Row("a year's backfill", measured, ratio, f"at most {BAR_OF_A_YEAR:g}", ratio <= BAR_OF_A_YEAR)


def _timed_run(config: Config, day: date) -> float:
    return timed(lambda: _run(config, day))


def _run(config: Config, day: date) -> None:
    record = pipeline.execute(Run(config, DailySales(), day, Options(), Stop()))
    if record.status != "SUCCESS":
        raise RuntimeError(str(record.error_summary))


def _copy_day(large: Config, small: Config, day: date) -> None:
    rows = BytesIO()
    with closing(connect(large.database_url)) as connection, connection.cursor() as cursor:
        cursor.copy_expert(OF_A_DAY.format(day=day, tz=TZ), rows)
    rows.seek(0)
    with closing(connect(small.database_url)) as connection, connection.cursor() as cursor:
        cursor.copy_expert("COPY raw_orders FROM STDIN", rows)


def _execute(connection: Connection, statement: str, values: tuple = ()) -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchone() if cursor.description else None
    return found[0] if found else None


if __name__ == "__main__":
    sys.exit(main())
