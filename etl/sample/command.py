"""The command line of `python -m etl.sample`."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

from etl import config as settings
from etl import log
from etl.config import Config
from etl.errors import MeterhouseError, UsageError
from etl.runs.requests import DATE
from etl.sample import orders, power, readings

DESCRIPTION = """\
Write a sample inbox to DATA_DIR (default data/): area.csv, tariff.csv, user_data.csv and
consumption/{user_id}.csv with half-hourly readings that follow area, season, weekday and tariff.
An inbox that holds files already is left alone. Not for a database with real users: user_data.csv
lists ALL current users, and these are invented.
With --orders, insert invented orders into table raw_orders instead, if it has none: some of them late,
corrected or cancelled.
With --power, write the points of invented meters to INFLUX_URL instead, one each 10 seconds: the first has a
roof of solar cells, the second says nothing for four hours of the last day, the third one's counter restarts.
"""

EPILOG = """\
The same arguments write the same bytes. A user's reading at a given time depends on the seed only,
not on --users, --days or --end-date: samples of one seed that overlap in time agree.

examples:
  python -m etl.sample                               60 users, 14 days up to yesterday in TZ
  python -m etl.sample --users 5000 --days 1         many users, one day
  python -m etl.sample --end-date 2026-04-01 --days 31 --seed 7
  python -m etl.sample --orders 1000                 1,000 orders, 14 days up to yesterday in TZ
  python -m etl.sample --power 3                     3 meters, 3 days up to yesterday in TZ

exit codes: 0 written, 1 refused or not writable, 2 wrong arguments or settings
"""


def _insert_orders(config: Config, given: argparse.Namespace, days: int, end: date) -> int:
    log.set_up(config)
    rows = orders.insert(config, given.orders, days, given.seed, end)
    first = end - timedelta(days=days - 1)
    print(f"raw_orders: {given.orders:,} orders in {rows:,} versions, from {first} to {end}; next:")
    print(f"python -m etl.main --job daily_sales --start-date {first} --end-date {end}")
    return 0


def _write_power(config: Config, given: argparse.Namespace, days: int, end: date) -> int:
    points = power.write(config, given.power, days, given.seed, end)
    print(f"{config.influx_bucket}: {given.power:,} meters and {points:,} points up to {end}; next:")
    first = end - timedelta(days=days - 1)
    print(f"python -m etl.main --job archive --start-date {first} --end-date {end}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m etl.sample",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--users", type=_whole(1, 300_000), default=60, metavar="N", help="1 to 300000 (default: 60)")
    instead = parser.add_mutually_exclusive_group().add_argument
    instead(
        "--orders",
        type=_whole(1, 100_000_000),
        metavar="N",
        help="invent N orders in the database instead, 1 to 100000000",
    )
    instead(
        "--power",
        type=_whole(1, 10_000),
        metavar="N",
        help="write the points of N meters to InfluxDB instead, 1 to 10000",
    )
    add("--days", type=_whole(1, 3650), metavar="N", help="1 to 3650 (default: 14; with --power 3)")
    add("--seed", type=_whole(0, 2**32 - 1), default=1, metavar="N", help="0 to 4294967295 (default: 1)")
    add("--end-date", type=_day, metavar="D", help="last day, YYYY-MM-DD (default: yesterday in TZ)")
    return parser


def _day(text: str) -> date:
    if DATE.fullmatch(text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise argparse.ArgumentTypeError(f"{text!r}: write YYYY-MM-DD")


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch("[0-9]{1,10}", text) or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r}: write a whole number from {least} to {most}")
        return int(text)

    return parse


def main(argv: Sequence[str] | None = None) -> int:
    """Write a sample; 0 written, 1 refused, 2 wrong usage."""
    given = _parser().parse_args(argv)
    days = given.days or (3 if given.power else 14)
    try:
        config = settings.load()
        today = datetime.now(config.zone).date()
        end = given.end_date or today - timedelta(days=1)
        if end > today or end.toordinal() - days < date(1969, 12, 31).toordinal():
            raise UsageError(f"{days} days up to {end}: readings are from 1970-01-01 to {today}")
        if given.orders:
            return _insert_orders(config, given, days, end)
        if given.power:
            return _write_power(config, given, days, end)
        written = readings.write(config, given.users, days, given.seed, end)
    except MeterhouseError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        rest = "run it again" if given.power else "the inbox holds a part of the sample, remove it"
        print(f"error: interrupted; {rest}", file=sys.stderr)
        return 1
    print(f"{config.data_dir}: {given.users:,} users and {written:,} readings up to {end}; next: make batch")
    return 0
