"""What can be asked for on the command line, checked before anything is touched."""

import argparse
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from etl.config import JOB_SCHEDULE, Config
from etl.errors import UsageError
from etl.inbox.files import parse_user_id
from etl.jobs import JOBS, SOURCES
from etl.runs.job import COMMAND_LINE, Options

DESCRIPTION = """\
Load what lies in the inbox (DATA_DIR, default data/): area.csv, tariff.csv, user_data.csv and
consumption/*.csv. Users with contracts, readings, and the load profiles by weekday and hour are in
PostgreSQL afterwards. All of it is one transaction; files that were loaded move to completion/.
Then load orders/*.csv and compute the sales of the day: the job daily_sales, another transaction.
"""

EPILOG = """\
examples:
  python -m etl.main                                 what cron calls: the daily jobs, dated yesterday
  python -m etl.main --date 2026-04-01               changes of users take effect on that day
  python -m etl.main --dry-run                       say what would happen; nothing is kept
  python -m etl.main --on-error quarantine           keep the good lines, put files with bad ones aside
  python -m etl.main --users 5,6                     load these users' own files only
  python -m etl.main --job daily_sales --start-date 2025-12-01 --end-date 2025-12-03
                                                     the sales of three days, each a run of its own
  python -m etl.main --job daily_sales --late        yesterday's, and of every day with late orders
  python -m etl.main --verify                        compare the aggregates with the readings
  python -m etl.main --rebuild                       recompute them, after a data patch
  python -m etl.main --check-overdue                 say whether last night's runs were there

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
    adopt : str or None
        The uuid of the row that the viewer has written for the first run.
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
    check_overdue: bool = False
    adopt: str | None = None
    late: bool = False


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
    if sum((given.verify, given.rebuild, given.check_overdue)) > 1:
        raise UsageError("--verify, --rebuild and --check-overdue are commands; run one after the other")
    _refuse_surplus(given)
    if given.verify and given.json:
        raise UsageError("--verify prints sentences and no runs; leave --json out")
    if given.rebuild and (given.start_date or given.end_date):
        raise UsageError("--rebuild recomputes everything; leave --start-date and --end-date out")
    jobs = (given.job,) if given.job else config.daily_jobs
    _refuse_unknown_jobs(jobs, config)
    options = Options(
        given.on_error, given.allow_shrink, given.dry_run, given.triggered_by, given.users, given.sources
    )
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
        check_overdue=given.check_overdue,
        adopt=given.adopt,
        late=given.late or config.run_late_dates,
    )


def _refuse_surplus(given: argparse.Namespace) -> None:
    """Refuse options that the rest of the command line leaves without a meaning."""
    limited = given.users or given.sources
    if limited and (given.verify or given.rebuild):
        raise UsageError("--users and --sources limit what is loaded; --verify and --rebuild load nothing")
    surplus = (limited, given.date, given.start_date, given.json, given.dry_run, given.adopt)
    if given.check_overdue and any(surplus):
        raise UsageError("--check-overdue only looks at the history; leave everything but --job out")
    if given.late and (given.verify or given.rebuild or given.check_overdue):
        raise UsageError("--late runs late dates; --verify, --rebuild and --check-overdue run none")
    if given.adopt and (not given.job or given.dry_run or given.verify or given.rebuild):
        raise UsageError("--adopt is for a run that was asked for in the viewer; it needs --job")


def _refuse_unknown_jobs(jobs: Sequence[str], config: Config) -> None:
    if any(job not in JOBS for job in jobs):
        raise UsageError(f"DAILY_JOBS={','.join(jobs)}: the jobs are {', '.join(JOBS)}")
    for job in config.job_schedules:
        if job not in JOBS:
            raise UsageError(f"{JOB_SCHEDULE}{job.upper()}: the jobs are {', '.join(JOBS)}")


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
    add("--late", action="store_true", help="then also run every date that got orders since it was computed")
    add("--dry-run", action="store_true", help="do everything, then roll back; files stay, no history")
    add(
        "--users",
        type=user_ids,
        default=(),
        metavar="IDS",
        help="read only consumption/ID.csv and ID.csv.gz of these, such as 5,6; no master or user file",
    )
    add(
        "--sources",
        type=sources,
        default=(),
        metavar="KINDS",
        help=f"read only these kinds of the inbox, with commas between: {','.join(SOURCES)} (default: all)",
    )
    add(
        "--triggered-by",
        choices=COMMAND_LINE,
        default=COMMAND_LINE[0],
        help="who starts the run, for the history: cli (default), or schedule, as crontab.example has it",
    )
    # The viewer's own: it has shown the run's uuid to somebody already.
    add("--adopt", type=_uuid, help=argparse.SUPPRESS)
    add("--json", action="store_true", help="print the runs as a JSON array on stdout")
    add("--verify", action="store_true", help="load nothing; compare aggregates (with dates: of those days)")
    add("--rebuild", action="store_true", help="load nothing; recompute the aggregates from the readings")
    add(
        "--check-overdue",
        action="store_true",
        help="load nothing; say for each job whether its last scheduled run succeeded, and alert if not",
    )
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


def user_ids(text: str) -> tuple[int, ...]:
    """Read user ids of the command line, with commas between."""
    ids = [parse_user_id(part.strip()) for part in text.split(",")]
    known = [one for one in ids if one is not None]
    if len(known) != len(ids):
        raise argparse.ArgumentTypeError(f"{text!r}: write user ids with commas between, such as 5,6")
    return tuple(dict.fromkeys(known))


def sources(text: str) -> tuple[str, ...]:
    """Read kinds of the inbox, with commas between."""
    names = [part.strip() for part in text.split(",")]
    if not set(names) <= set(SOURCES):
        raise argparse.ArgumentTypeError(f"{text!r}: write some of {','.join(SOURCES)}")
    return tuple(dict.fromkeys(names))


def _uuid(text: str) -> str:
    return str(uuid.UUID(text))
