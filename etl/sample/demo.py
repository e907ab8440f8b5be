"""What `make run` does: a sample inbox and orders if there is nothing yet, the batch, and what to do next."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing, redirect_stdout
from datetime import date, datetime, timedelta
from io import StringIO

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from etl import config as settings
from etl import log
from etl import main as batch
from etl.config import Config
from etl.database.connection import connect
from etl.errors import MeterhouseError
from etl.sample import orders
from etl.sample.readings import contents, write

# Five orders a user: the users of the orders are those of the readings.
USERS, ORDERS, DAYS, SEED = 60, 300, 14, 1
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
BLOCKS, ASCII_BLOCKS = "▁▂▃▄▅▆▇█", ".:-=+*%#"
HOURS = "0     6     12    18    "

COUNT_USERS = "SELECT count(*) FILTER (WHERE status = 'active'), count(*) FROM web.user"
TOTAL = """
    SELECT coalesce(sum(readings), 0), coalesce(sum(energy_wh), 0) / 1000, min(local_date), max(local_date)
    FROM web.load_by_date
"""
SALES = "SELECT count(*), coalesce(sum(orders), 0), coalesce(sum(net), 0) FROM web.daily_sales"
PROFILE = """
    SELECT weekday, hour, sum(energy_wh) / sum(readings)
    FROM web.load_profile
    GROUP BY weekday, hour
    HAVING sum(readings) > 0
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Show Meterhouse at work and return the batch's exit code."""
    parser = argparse.ArgumentParser(prog="python -m etl.sample.demo", description=__doc__)
    parser.add_argument("--verbose", action="store_true", help="show the log lines, which the log file has")
    loud = parser.parse_args(argv).verbose
    config, quietly = None, [] if loud else ["--quiet"]
    try:
        config = settings.load()
        log.set_up(config, quiet=not loud)
        sampled = is_untouched(config)
        code = _run_sample(config, quietly) if sampled else batch.main(quietly)
        if code == 0:
            _tell(config, sampled)
    except (MeterhouseError, psycopg2.Error, OSError) as error:
        first_line = (str(error).splitlines() or [type(error).__name__])[0]
        print(f"error: {log.mask(first_line, config.secrets if config else ())}", file=sys.stderr)
        return error.exit_code if isinstance(error, MeterhouseError) else 1
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 1
    return code


def is_untouched(config: Config) -> bool:
    """Whether there is no inbox, no server of the owner's, and neither user nor order in the embedded one."""
    if config.database_url or contents(config.data_dir):
        return False
    with closing(connect(config, "demo")) as connection:
        return not (_has_rows(connection, "web", "user") or _has_rows(connection, "public", "raw_orders"))


def sparkline(values: Sequence[float | None], top: float, blocks: str = BLOCKS) -> str:
    """Draw one character per value; a value that is missing stays blank.

    Examples
    --------
    >>> sparkline([0, 5, None, 10], 10)
    '▁▅ █'
    """
    last = len(blocks) - 1
    return "".join(
        " " if value is None else blocks[min(last, int(value / top * len(blocks))) if top else 0]
        for value in values
    )


def _run_sample(config: Config, quietly: list[str]) -> int:
    """Write the sample and run both jobs over its dates; the exit code is the worse of both."""
    end = datetime.now(config.zone).date() - timedelta(days=1)
    print(
        f"Nothing here yet: making a sample of {USERS} users, {ORDERS} orders and {DAYS} days"
        f" in {config.data_dir}",
        flush=True,
    )
    write(config, USERS, DAYS, SEED, end)
    orders.insert(config, ORDERS, DAYS, SEED, end)
    code = batch.main([*quietly, "--job", "consumption", "--date", str(end)])
    return max(code, _run_sales(end - timedelta(days=DAYS - 1), end, quietly))


def _run_sales(first: date, last: date, quietly: list[str]) -> int:
    """Compute the sales of each day, and tell of all these runs at once."""
    told = StringIO()
    dates = ["--start-date", str(first), "--end-date", str(last)]
    with redirect_stdout(told):
        code = batch.main([*quietly, "--job", "daily_sales", *dates, "--json"])
    runs = json.loads(told.getvalue() or "[]")
    print(f"daily_sales {first} to {last}: {'FAILURE' if code else 'SUCCESS'}\n  runs {len(runs)}")
    for run in runs:
        if run["error_summary"]:
            print(f"  {run['error_summary']}\n  run {run['execution_uuid']}")
    return code


def _tell(config: Config, sampled: bool) -> None:
    with closing(connect(config, "demo")) as connection:
        active, users = _row(connection, COUNT_USERS)
        readings, kwh, first, last = _row(connection, TOTAL)
        days, ordered, net = _row(connection, SALES)
        with connection.cursor() as cursor:
            cursor.execute(PROFILE)
            means = {(weekday, hour): float(mean) for weekday, hour, mean in cursor.fetchall()}
    departed = f" and {users - active:,} departed" if users > active else ""
    span = f", {first} to {last} ({config.tz})" if first else ""
    print(f"\nIn the database: {active:,} users{departed}, {readings:,} readings, {kwh:,.1f} kWh{span}")
    print(f"Sales: {ordered:,} orders on {days:,} days, {net:,.0f} yen net")
    if means:
        _draw(means)
    _tell_next(config, sampled)


def _draw(means: dict[tuple[int, int], float]) -> None:
    blocks = BLOCKS if _can_print(BLOCKS) else ASCII_BLOCKS
    top = max(means.values())
    print(f"\nLoad profile, mean per reading (a full block is {top:,.0f} Wh)\n       {HOURS} lowest highest")
    for number, weekday in enumerate(WEEKDAYS, 1):
        values = [means.get((number, hour)) for hour in range(24)]
        known = [value for value in values if value is not None]
        ends = f" {min(known):6,.0f} {max(known):7,.0f} Wh" if known else ""
        print(f"  {weekday}  {sparkline(values, top, blocks)}{ends}".rstrip())


def _tell_next(config: Config, sampled: bool) -> None:
    folder = config.data_dir
    print("\nNext")
    print("  look at it in a browser: make web (load profiles, users, and sales)")
    if sampled:
        print(f"  drop the sample before you load real users: make stop; rm -r {config.state_dir / 'pg'}")
    print(f"  put your own files into {folder} (REPORT.md says which), then: make batch")
    print("  see what the batch can do: .venv/bin/python -m etl.main --help")
    if not config.database_url:
        print("  stop the embedded PostgreSQL: make stop")


def _has_rows(connection: Connection, schema: str, table: str) -> bool:
    name = sql.Identifier(schema, table)
    (exists,) = _row(connection, "SELECT to_regclass(%s) IS NOT NULL", name.as_string(connection))
    return exists and _row(connection, sql.SQL("SELECT EXISTS (SELECT FROM {})").format(name)) == (True,)


def _row(connection: Connection, query: str | sql.Composed, *parameters: str) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        return cursor.fetchone() or ()


def _can_print(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
