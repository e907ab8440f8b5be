"""What can be asked for on the command line, checked before anything is touched."""

import argparse
import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from pydantic import ValidationError

from etl import sentences, sentences_of_sources
from etl.cli.parser import ALIASES, COMMANDS, parser
from etl.config import JOB_SCHEDULE, Config
from etl.errors import UsageError
from etl.jobs import BY_USER, JOBS, SOURCES, TASK_JOBS, checked_request
from etl.runs.requests import RunRequest

# Fields of a request -> the option that fills them.
FLAGS = {"job_name": "--job", "user_ids": "--users", "source_keys": "--sources"}
LISTS = ("user_ids", "source_keys")
IN_TEXT = re.compile(r"\b(?:options\.)?(user_ids|source_keys|start_date|end_date)\b")
OPTIONS = (
    "date",
    "start_date",
    "end_date",
    "user_ids",
    "source_keys",
    "on_error",
    "allow_shrink",
    "keep_going",
    "late",
    "no_dbt",
    "dry_run",
)


class Command(NamedTuple):
    """What the command line asks for: a command, its options as written, and what of them is checked.

    Either requests of jobs, or a job that takes tasks, perhaps those of some sources only.
    """

    name: str
    given: argparse.Namespace
    requests: tuple[RunRequest, ...] = ()
    task_job: str = ""
    sources: tuple[str, ...] = ()

    @property
    def jobs(self) -> tuple[str, ...]:
        """The names of the jobs, in order."""
        return tuple(request.job_name for request in self.requests)


def read(argv: Sequence[str]) -> Command:
    """Read the command line; argparse ends the process, with 2 where it cannot.

    Parameters
    ----------
    argv : sequence of str
        Such as `sys.argv[1:]`.

    Raises
    ------
    UsageError
        If two commands are given.
    """
    rest = [one for one in argv if one not in ALIASES]
    named = [ALIASES[one] for one in argv if one in ALIASES]
    if rest and rest[0] in COMMANDS:
        named.append(rest.pop(0))
    if len(named) > 1:
        raise UsageError(sentences.ONE_COMMAND, names=" and ".join(named))
    name = named[0] if named else "run"
    return Command(name, parser(name).parse_args(rest))


def check(command: Command, config: Config) -> Command:
    """Make requests of what was written.

    Parameters
    ----------
    command : Command
        From `read`.
    config : Config
        Whose zone says what today is, and whose jobs run by default.

    Returns
    -------
    Command
        With a request for each job.

    Raises
    ------
    UsageError
        For what makes no sense, naming the option.
    """
    _refuse_unknown_jobs(config)
    given = command.given
    if given.log_stdout and getattr(given, "json", False):
        raise UsageError(sentences.LOG_OR_JSON)
    options = _options(given)
    if getattr(given, "run_id", None):
        if given.job or options:
            raise UsageError(sentences.RUN_ID_ALONE)
        return command
    if given.job in TASK_JOBS:
        return command._replace(task_job=given.job, sources=_source_names(given.job, options))
    today = datetime.now(config.zone).date()
    try:
        wanted = [(given.job, options)] if given.job else _by_daily_job(config, options)
        requests = [checked_request({"job_name": job, "options": own}, today) for job, own in wanted]
    except ValidationError as error:
        raise UsageError(_explain(error)) from None
    return command._replace(requests=tuple(requests))


def dates(command: Command, config: Config) -> tuple[date, date] | None:
    """The first and the last date that were written, both included; None if none was.

    Parameters
    ----------
    command : Command
        From `check`.
    config : Config
        Its zone.
    """
    options = command.requests[0].options
    if not (options.date or options.start_date):
        return None
    return options.days(datetime.now(config.zone).date() - timedelta(days=1))


def _options(given: argparse.Namespace) -> dict[str, Any]:
    """Give the options that were written; lists have commas in between."""
    written = {name: getattr(given, name, None) for name in OPTIONS}
    return {
        name: [part.strip() for part in value.split(",")] if name in LISTS else value
        for name, value in written.items()
        if value not in (None, False)
    }


def _source_names(job: str, options: dict[str, Any]) -> tuple[str, ...]:
    """Give the names of the sources that are asked for; all else is said by the sources themselves."""
    for field in options:
        if field not in ("source_keys", "dry_run"):
            raise UsageError(sentences_of_sources.NOT_WITH_JOB, option=_flag(field), job=job)
    return tuple(dict.fromkeys(options.get("source_keys", [])))


def _by_daily_job(config: Config, options: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Give each daily job its part of the sources; leave out those that read nothing of what is wanted."""
    keys = options.get("source_keys", [])
    if not keys and "user_ids" not in options:
        return [(job, options) for job in config.daily_jobs]
    found = []
    for job in config.daily_jobs:
        own = [key for key in keys or BY_USER if key in JOBS[job].sources]
        if own:
            # What no job reads stays, to be refused by name.
            unknown = [key for key in keys if key not in SOURCES]
            found.append((job, {**options, "source_keys": own + unknown} if keys else options))
    return found or [(job, options) for job in config.daily_jobs]


def _explain(error: ValidationError) -> str:
    """Say what is wrong with which option."""
    first, *_ = error.errors(include_url=False, include_context=False)
    field = next((str(part) for part in first["loc"] if part != "options"), None)
    reason = IN_TEXT.sub(lambda found: _flag(found[1]), first["msg"].removeprefix("Value error, "))
    if field is None:
        return reason
    found = f" {first['input']!r}" if isinstance(first["input"], str) else ""
    return f"{_flag(field)}{found}: {reason}"


def _flag(field: str) -> str:
    return FLAGS.get(field, f"--{field.replace('_', '-')}")


def _refuse_unknown_jobs(config: Config) -> None:
    if any(job not in JOBS for job in config.daily_jobs):
        raise UsageError(f"DAILY_JOBS={','.join(config.daily_jobs)}: {_jobs_are()}")
    for job in config.job_schedules:
        if job not in JOBS:
            raise UsageError(f"{JOB_SCHEDULE}{job.upper()}: {_jobs_are()}")


def _jobs_are() -> str:
    return sentences.JOBS_ARE % {"names": ", ".join(JOBS)}
