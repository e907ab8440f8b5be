"""What can be asked for on the command line, checked before anything is touched."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from etl.config import Config
from etl.errors import UsageError
from etl.jobs import JOBS
from etl.jobs.base import Options

DESCRIPTION = """\
Load what lies in the inbox (DATA_DIR, default data/): area.csv, tariff.csv, user_data.csv and
consumption/*.csv. Users with contracts, readings, and the load profiles by weekday and hour are in
PostgreSQL afterwards. All of it is one transaction; files that were loaded move to completion/.
"""

EPILOG = """\
examples:
  python -m etl.main                                 what cron calls: the daily jobs, dated yesterday
  python -m etl.main --date 2026-04-01               changes of users take effect on that day
  python -m etl.main --dry-run                       say what would happen; nothing is kept
  python -m etl.main --on-error quarantine           keep the good lines, put files with bad ones aside
  python -m etl.main --verify                        compare the aggregates with the readings
  python -m etl.main --rebuild                       recompute them, after a data patch

exit codes:
  0  all went well (also when there was nothing to do)
  1  something failed: the last lines, the table run and rejected_row say what
  2  the command line or a setting is wrong; nothing was started

Settings come from the environment and .env; .env.example lists them.
"""


@dataclass(frozen=True)
class Request:
    """What the command line asks for.

    Attributes
    ----------
    jobs : tuple of str
        In order.
    first, last : date
        Both ends included.
    dates_given : bool
        Whether dates were written at all.
    """

    jobs: tuple[str, ...]
    first: date
    last: date
    dates_given: bool
    options: Options
    keep_going: bool
    json: bool
    verify: bool
    rebuild: bool
    verbose: bool


def read(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; argparse ends the process, with 2 where it cannot.

    Parameters
    ----------
    argv : sequence of str, optional
        Stands for `sys.argv[1:]`.
    """
    return _parser().parse_args(argv)


def check(given: argparse.Namespace, config: Config) -> Request:
    """Make a request of what was given.

    Parameters
    ----------
    given : Namespace
        From `read`.
    config : Config
        Whose zone says what yesterday is, and whose jobs run by default.

    Raises
    ------
    UsageError
        For combinations that make no sense.
    """
    first, last = _dates(given, config)
    if given.verify and given.rebuild:
        raise UsageError("--verify and --rebuild are two commands; run one after the other")
    if given.verify and given.json:
        raise UsageError("--verify prints sentences and no runs; leave --json out")
    if given.rebuild and (given.start_date or given.end_date):
        raise UsageError("--rebuild recomputes everything; leave --start-date and --end-date out")
    jobs = (given.job,) if given.job else config.daily_jobs
    unknown = [job for job in jobs if job not in JOBS]
    if unknown:
        raise UsageError(f"DAILY_JOBS={','.join(jobs)}: the jobs are {', '.join(JOBS)}")
    options = Options(given.on_error, given.allow_shrink, given.dry_run)
    return Request(
        jobs=jobs,
        first=first,
        last=last,
        dates_given=bool(given.date or given.start_date),
        options=options,
        keep_going=given.keep_going,
        json=given.json,
        verify=given.verify,
        rebuild=given.rebuild,
        verbose=given.verbose,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m etl.main",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--date", type=day, metavar="D", help="date of the run, YYYY-MM-DD (default: yesterday in TZ)")
    add("--start-date", type=day, metavar="D", help="first date of a range, with --end-date")
    add("--end-date", type=day, metavar="D", help="last date of a range, included")
    add("--job", choices=sorted(JOBS), help="run this job only (default: DAILY_JOBS, in order)")
    add(
        "--on-error",
        choices=("abort", "quarantine"),
        default="abort",
        help="abort: one bad line and no reading of this run is kept (default);"
        " quarantine: the good lines are kept, files with bad ones move to rejected/",
    )
    add("--allow-shrink", action="store_true", help="accept a user file that departs more than half")
    add("--keep-going", action="store_true", help="in a range, go on after a date that failed")
    add("--dry-run", action="store_true", help="do everything, then roll back; files stay, no history")
    add("--json", action="store_true", help="print the runs as a JSON array on stdout")
    add("--verify", action="store_true", help="load nothing; compare aggregates (with dates: of those days)")
    add("--rebuild", action="store_true", help="load nothing; recompute the aggregates from the readings")
    add("--verbose", action="store_true", help="show the steps of every batch")
    return parser


def _dates(given: argparse.Namespace, config: Config) -> tuple[date, date]:
    yesterday = datetime.now(config.zone).date() - timedelta(days=1)
    if given.date and (given.start_date or given.end_date):
        raise UsageError("write either --date or --start-date with --end-date")
    if bool(given.start_date) != bool(given.end_date):
        raise UsageError("--start-date and --end-date go together; both ends are included")
    first, last = given.start_date or given.date or yesterday, given.end_date or given.date or yesterday
    if first > last:
        raise UsageError(f"--start-date {first} is after --end-date {last}")
    if last > yesterday + timedelta(days=1):
        raise UsageError(f"{last} is in the future")
    return first, last


def day(text: str) -> date:
    """Read a date of the command line: YYYY-MM-DD, from 1970 on."""
    try:
        parsed = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        parsed = None
    if parsed is None or len(text) != len("YYYY-MM-DD") or parsed.year < 1970:
        raise argparse.ArgumentTypeError(f"{text!r}: write YYYY-MM-DD, from 1970 on")
    return parsed
