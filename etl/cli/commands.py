"""What one call of the command line does: every job, every date, one after the other."""

import json
import sys
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta

import psycopg2

from etl.cli import report
from etl.cli.arguments import Request
from etl.config import Config
from etl.database import migrations
from etl.database.connection import connect, transaction
from etl.database.locks import lock_or_refuse
from etl.database.queries import Sql
from etl.errors import DatabaseUnavailable, Interrupted, MeterhouseError
from etl.jobs import JOBS
from etl.jobs.consumption.job import Consumption
from etl.jobs.consumption.rebuild import Rebuild
from etl.log import mask
from etl.readings import aggregates
from etl.runs import alerts, dataset, overdue
from etl.runs.backfill import Agenda
from etl.runs.interrupt import Stop
from etl.runs.job import Job, Options
from etl.runs.pipeline import Run
from etl.runs.record import Record

# An alert may not hold up somebody who pressed Ctrl-C.
SECONDS_AFTER_STOP = 1.5


def perform(config: Config, request: Request, stop: Stop) -> int:
    """Do what was asked for and return the exit code.

    Parameters
    ----------
    config : Config
        Settings.
    request : Request
        The command line.
    stop : Stop
        Says when to end early.
    """
    if request.verify:
        return _verify(config, request, stop)
    if request.check_overdue:
        return overdue.check(config, request.jobs, stop)
    records: list[Record] = []
    complete, options, adopt = True, request.options, request.adopt
    for job in _jobs(request):
        agenda = Agenda(_days(request, job), request.late)
        for day in agenda:
            if stop.requested:
                complete = False
                break
            # Later runs of the job find what the first has left of the inbox: nothing.
            takes_all = request.first == request.last and not agenda.asked_over
            record = _run(Run(config, job, day, options, stop, adopt), request, takes_all)
            succeeded = record is not None and record.status == "SUCCESS"
            complete &= succeeded
            agenda.learn(record)
            records += [record] if record else []
            # A failed day ends its job's range; late days and the other jobs do not depend on it.
            if not succeeded and not agenda.asked_over and not (request.keep_going and (record or not adopt)):
                if record is None:
                    break
                agenda.end_asked()
            if record and adopt:
                options, adopt = _as_asked(options, record), None
    if request.json:
        print(json.dumps([record.as_json() for record in records], ensure_ascii=False, indent=2))
    return 0 if complete else 1


def _run(run: Run, request: Request, takes_all: bool) -> Record | None:
    """Run once and tell how it ended; None if it could not start."""
    try:
        with report.progress_bar() as show:
            record = run.execute(show, lambda ended: _alert(ended, takes_all))
    except Interrupted:
        raise
    except MeterhouseError as error:
        print(f"error: {mask(str(error), run.config.secrets)}", file=sys.stderr)
        if not run.options.dry_run:
            _send(run, f"did not start: {error}", error_summary=str(error))
        return None
    if not request.json:
        report.tell(run)
    return record


def _alert(run: Run, takes_all: bool) -> None:
    """Tell whoever watches of a run that failed, or read far less than usual."""
    record = run.record
    for gone in run.abandoned:
        _send(run, f"run {gone} before ended without a word and was marked abandoned", execution_uuid=gone)
    usual = run.usual_input if takes_all else None
    if run.options.dry_run:
        return
    if record.status == "FAILURE":
        _send(run, f"FAILURE: {record.error_summary}", **_facts(record))
    elif usual and record.input_count * 100 < usual * run.config.alert_drop_percent:
        read = f"read {record.input_count:,} readings, but usually {usual:,.0f}"
        _send(run, f"{read}: is the inbox complete?", usual_input=usual, **_facts(record))


def _facts(record: Record) -> dict[str, object]:
    return {
        "execution_uuid": record.execution_uuid,
        "status": record.status,
        "error_summary": record.error_summary,
        "input_count": record.input_count,
    }


def _send(run: Run, sentence: str, **facts: object) -> None:
    name, day = run.job.name, run.day.isoformat()
    within = SECONDS_AFTER_STOP if run.stop.requested else alerts.SECONDS
    alerts.send(run.config, f"{name} {day}: {sentence}", within, job=name, date=day, **facts)


def _as_asked(options: Options, adopted: Record) -> Options:
    """Give the further days of a range to whoever asked for the first."""
    metadata = adopted.metadata
    return replace(options, triggered_by=metadata["triggered_by"], asked=metadata.get("options"))


def _verify(config: Config, request: Request, stop: Stop) -> int:
    """Compare the aggregates with the readings; 1 if they differ."""
    with closing(connect(config, "verify")) as connection, stop.watching(connection):
        try:
            with (
                lock_or_refuse(connection, Consumption.name),
                transaction(connection, keep=False),
            ):
                migrations.apply(connection, keep=False)
                dataset.require_same(Sql(connection), config)
                dates = (request.first, request.last + timedelta(days=1)) if request.dates_given else None
                found = aggregates.differences(Sql(connection), config.tz, dates)
        except psycopg2.Error as error:
            stop.check()
            raise DatabaseUnavailable(f"database: {error}".splitlines()[0]) from error
    for sentence in found:
        print(sentence)
    print(f"differing cells: {len(found)}" if found else "the aggregates equal the readings")
    return 1 if found else 0


def _jobs(request: Request) -> list[Job]:
    if request.rebuild:
        return [Rebuild()]
    return [JOBS[name]() for name in request.jobs]


def _days(request: Request, job: Job) -> list[date]:
    """Every day of the range for a job that goes by date, the last one for a job that does not."""
    if not job.date_driven:
        return [request.last]
    return [request.first + timedelta(days=n) for n in range((request.last - request.first).days + 1)]
