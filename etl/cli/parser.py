"""The commands of the command line, their options and their help."""

import argparse
import uuid
from collections.abc import Callable

from etl.jobs import JOBS, SOURCES, TASK_JOBS
from etl.runs.requests import COMMAND_LINE

DESCRIPTION = """\
Load what lies in the inbox (DATA_DIR, default data/): area.csv, tariff.csv, user_data.csv and
consumption/*.csv. Users with contracts, readings, and the load profiles by weekday and hour are in
PostgreSQL afterwards. All of it is one transaction; files that were loaded move to completion/.
Then load orders/*.csv and compute the sales of the day: the job daily_sales, another transaction.
"""

EPILOG = """\
commands:
  run (default)      all of the above
  verify             load nothing; compare the aggregates with the readings, with dates: of those days
  rebuild            load nothing; recompute the aggregates from the readings
  overdue            load nothing; say for each job whether its last scheduled run succeeded, and alert if not
  python -m etl.main verify --help shows the options of verify, and so on
  --verify, --rebuild and --check-overdue are older names of these commands

examples:
  python -m etl.main                                 what cron calls: the daily jobs, dated yesterday
  python -m etl.main --date 2026-04-01               changes of users take effect on that day
  python -m etl.main --dry-run                       say what would happen; nothing is kept
  python -m etl.main --on-error quarantine           keep the good lines, put files with bad ones aside
  python -m etl.main --users 5,6                     load these users' own files only
  python -m etl.main --job daily_sales --start-date 2025-12-01 --end-date 2025-12-03
                                                     the sales of three days, each a run of its own
  python -m etl.main --job daily_sales --late        yesterday's, and of every day with late orders
  python -m etl.main --job archive                   the points of yesterday, from InfluxDB
  python -m etl.main --job acquisition               whatever is due of the sources in data_sources
  python -m etl.main verify                          compare the aggregates with the readings
  python -m etl.main rebuild                         recompute them, after a data patch
  python -m etl.main overdue                         say whether last night's runs were there

exit codes:
  0  all went well (also when there was nothing to do)
  1  something failed: the last lines, the table run and rejected_row say what
  2  the command line or a setting is wrong; nothing was started

Settings come from the environment and .env; .env.example lists them.
"""

# The older names of the commands.
ALIASES = {"--verify": "verify", "--rebuild": "rebuild", "--check-overdue": "overdue"}
Add = Callable[..., argparse.Action]


def parser(command: str) -> argparse.ArgumentParser:
    """Make the parser of a command.

    Parameters
    ----------
    command : str
        One of `COMMANDS`.
    """
    made = argparse.ArgumentParser(
        prog="python -m etl.main" if command == "run" else f"python -m etl.main {command}",
        description=DESCRIPTION if command == "run" else None,
        epilog=EPILOG if command == "run" else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    jobs = [*JOBS, *TASK_JOBS] if command == "run" else JOBS
    made.add_argument("--job", choices=sorted(jobs), help="this job only (default: DAILY_JOBS, in order)")
    COMMANDS[command](made.add_argument)
    made.add_argument("--log-stdout", action="store_true", help="log to stdout in place of stderr")
    loud = made.add_mutually_exclusive_group()
    loud.add_argument("--verbose", action="store_true", help="show the steps of every batch")
    loud.add_argument("--quiet", action="store_true", help="show warnings only; the log file has every step")
    return made


def _run(add: Add) -> None:
    _dates(add)
    add(
        "--on-error",
        choices=("abort", "quarantine"),
        help="abort: one bad line and no reading of this run is kept (default);"
        " quarantine: the good lines are kept, files with bad ones move to rejected/",
    )
    add(
        "--allow-shrink",
        action="store_true",
        help="accept a user file that departs more than half, or an archived day that loses half",
    )
    add("--keep-going", action="store_true", help="in a range, go on after a date that failed")
    add("--late", action="store_true", help="then also run every date that got orders since it was computed")
    add("--no-dbt", action="store_true", help="archive: leave the models to a later run")
    add(
        "--users",
        dest="user_ids",
        metavar="IDS",
        help="read only consumption/ID.csv and ID.csv.gz of these, such as 5,6; no master or user file",
    )
    add(
        "--sources",
        dest="source_keys",
        metavar="KINDS",
        help=f"read only these kinds of the inbox, with commas between: {','.join(SOURCES)} (default: all);"
        " with --job acquisition: fetch the sources of these names now, and no other",
    )
    _recorded(add)
    # The viewer's own: it has shown the run's uuid to somebody already, and its row says what to do.
    add("--run-id", type=_uuid, help=argparse.SUPPRESS)


def _verify(add: Add) -> None:
    _dates(add)


def _rebuild(add: Add) -> None:
    add("--date", metavar="D", help="date of the run, YYYY-MM-DD (default: yesterday in TZ)")
    _recorded(add)


def _overdue(_add: Add) -> None:
    """Nothing but the job."""


def _dates(add: Add) -> None:
    add("--date", metavar="D", help="date of the run, YYYY-MM-DD (default: yesterday in TZ)")
    add("--start-date", metavar="D", help="first date of a range, with --end-date")
    add("--end-date", metavar="D", help="last date of a range, included")


def _recorded(add: Add) -> None:
    add("--dry-run", action="store_true", help="do everything, then roll back; files stay, no history")
    add(
        "--triggered-by",
        choices=COMMAND_LINE,
        default=COMMAND_LINE[0],
        help="who starts the run, for the history: cli (default), or schedule, as crontab.example has it",
    )
    add("--json", action="store_true", help="print the runs as a JSON array on stdout")


def _uuid(text: str) -> str:
    return str(uuid.UUID(text))


COMMANDS = {"run": _run, "verify": _verify, "rebuild": _rebuild, "overdue": _overdue}
