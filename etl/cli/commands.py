"""What each command of the command line does."""

import json
from collections.abc import Generator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta

import psycopg2
from pydantic import ValidationError

from etl import sentences
from etl.cli import report
from etl.cli.arguments import Command, dates
from etl.cli.report import Terminal
from etl.config import Config
from etl.database import migrations
from etl.database.connection import connect, transaction
from etl.database.locks import lock_or_refuse
from etl.database.queries import Sql
from etl.errors import DatabaseUnavailable, MeterhouseError, UsageError
from etl.jobs import JOBS, checked_request, task_maker
from etl.runs import dataset, overdue, requested
from etl.runs.backfill import Backfill
from etl.runs.failures import first_line
from etl.runs.interrupt import Stop
from etl.runs.job import Job, Verifiable
from etl.runs.record import Record
from etl.runs.requests import Options, RunRequest
from etl.runs.tasks import Tasks

VERIFIED = "consumption"


def run(config: Config, command: Command, stop: Stop) -> int:
    """Run every job that is asked for, one after the other.

    Parameters
    ----------
    config : Config
        Settings.
    command : Command
        What is asked for.
    stop : Stop
        Says when to end early.

    Returns
    -------
    int
        0 if all of it succeeded, else 1.
    """
    given = command.given
    if command.task_job:
        return _run_tasks(config, command, stop)
    requests, triggered_by = command.requests, given.triggered_by
    if given.run_id:
        request, triggered_by = _waiting(config, given.run_id)
        requests = (request,)
    jobs = [(JOBS[request.job_name].load(), request.options) for request in requests]
    return _run_each(config, command, stop, jobs, triggered_by)


def rebuild(config: Config, command: Command, stop: Stop) -> int:
    """Recompute the aggregates, as a run of the job that fills them; see `run`."""
    from etl.jobs.consumption.rebuild import Rebuild  # noqa: PLC0415 - as for the jobs

    work = [(Rebuild(), command.requests[0].options)]
    return _run_each(config, command, stop, work, command.given.triggered_by)


def verify(config: Config, command: Command, stop: Stop) -> int:
    """Compare what a job has derived with what it is derived from; 1 if they differ. See `run`."""
    job = JOBS[command.given.job or VERIFIED].load()
    if not isinstance(job, Verifiable):
        raise UsageError(sentences.NOT_VERIFIABLE, job=job.name)
    span = dates(command, config)
    with closing(connect(config, "verify")) as connection, stop.watching(connection):
        try:
            with lock_or_refuse(connection, job.name, config.zone), transaction(connection, keep=False):
                migrations.apply(connection, keep=False)
                dataset.require_same(Sql(connection), config)
                days = (span[0], span[1] + timedelta(days=1)) if span else None
                found = job.differences(Sql(connection), config, days)
        except psycopg2.Error as error:
            stop.check()
            raise DatabaseUnavailable(sentences.DATABASE + first_line(error)) from error
    report.tell_differences(job, found)
    return 1 if found else 0


def check_overdue(config: Config, command: Command, stop: Stop) -> int:
    """Say whether last night's runs were there; 1 if not. See `run`."""
    return overdue.check(config, command.jobs, stop)


def _run_each(
    config: Config, command: Command, stop: Stop, work: list[tuple[Job, Options]], triggered_by: str
) -> int:
    given, succeeded = command.given, True
    terminal = Terminal(quiet=given.json)
    with _told_as_json(given.json, stop) as records:
        for job, options in work:
            if records and stop.requested:
                succeeded = False
                break
            run_id = getattr(given, "run_id", None)
            backfill = Backfill(config, job, options, stop, terminal, triggered_by, run_id, records)
            succeeded &= backfill.run()
    return 0 if succeeded else 1


def _run_tasks(config: Config, command: Command, stop: Stop) -> int:
    given, job = command.given, command.task_job
    terminal, maker = Terminal(quiet=given.json), task_maker(job)
    tasks = Tasks(config, job, maker, stop, terminal, given.triggered_by, given.dry_run)
    with _told_as_json(given.json, stop) as records:
        tasks.records = records
        return 0 if tasks.run(command.sources) else 1


@contextmanager
def _told_as_json(wanted: bool, stop: Stop) -> Generator[list[Record]]:
    """Print the runs that the block adds; also of a call that is stopped: what was committed is told."""
    records: list[Record] = []
    try:
        yield records
    finally:
        if wanted and (records or not stop.requested):
            print(json.dumps([record.as_json() for record in records], ensure_ascii=False, indent=2))


def _waiting(config: Config, run_id: str) -> tuple[RunRequest, str]:
    """Read what the viewer asked for, and who did."""
    with closing(connect(config, "request")) as connection:
        found = requested.waiting(connection, run_id)
    today = datetime.now(config.zone).date()
    try:
        return checked_request(found.request or {}, today), found.triggered_by
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
        raise MeterhouseError(sentences.NOT_AS_ASKED, run=run_id, reason=reason) from None


COMMANDS = {"run": run, "rebuild": rebuild, "verify": verify, "overdue": check_overdue}
