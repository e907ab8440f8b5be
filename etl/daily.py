"""What one call of the command line does: every job, every date, one after the other."""

import json
import sys
from contextlib import closing
from datetime import date, timedelta

import psycopg2

from etl import aggregates, dataset, db, pipeline, report, schema
from etl.arguments import Request
from etl.config import Config
from etl.errors import DatabaseUnavailable, Interrupted, MeterhouseError
from etl.interrupt import Stop
from etl.jobs import JOBS
from etl.jobs.base import Job
from etl.jobs.consumption import Consumption
from etl.jobs.rebuild import Rebuild
from etl.log import mask
from etl.pipeline import Run
from etl.queries import Sql
from etl.runs import Record


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
    records: list[Record] = []
    complete = True
    for job in _jobs(request):
        for day in _days(request, job):
            if stop.requested:
                complete = False
                break
            record = _run(Run(config, job, day, request.options, stop), request.json)
            succeeded = record is not None and record.status == "SUCCESS"
            complete &= succeeded
            records += [record] if record else []
            # A failed day ends its job's range; the other jobs do not depend on it.
            if not succeeded and not request.keep_going:
                break
    if request.json:
        print(json.dumps([record.as_json() for record in records], ensure_ascii=False, indent=2))
    return 0 if complete else 1


def _run(run: Run, quiet: bool) -> Record | None:
    """Run once and tell how it ended; None if it could not start."""
    try:
        with report.progress_bar() as show:
            record = run.execute(show)
    except Interrupted:
        raise
    except MeterhouseError as error:
        print(f"error: {mask(str(error), run.config.secrets)}", file=sys.stderr)
        return None
    if not quiet:
        report.tell(run)
    return record


def _verify(config: Config, request: Request, stop: Stop) -> int:
    """Compare the aggregates with the readings; 1 if they differ."""
    with closing(db.connect(config, "verify")) as connection, stop.watching(connection):
        try:
            with (
                pipeline.lock_or_refuse(connection, Consumption.name),
                db.transaction(connection, keep=False),
            ):
                schema.apply(connection, keep=False)
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
