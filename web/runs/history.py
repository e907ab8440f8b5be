"""The history of runs as the viewer reads it."""

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import psycopg2
from psycopg2.extensions import connection as Connection

from etl.config import Config
from etl.database.connection import connect
from etl.errors import DatabaseUnavailable, SqlError
from etl.jobs import JOBS
from etl.runs import alerts, schedule
from etl.runs.abandoned import GRACE_SECONDS, mark_abandoned_runs
from web.data.database import Database
from web.runs.search import PAGE, Listed, Search

TIMES = ("started_at", "finished_at", "next_scheduled_for", "created_at", "updated_at")


@dataclass(frozen=True)
class State:
    """How a job stands.

    Attributes
    ----------
    job : str
        Its name.
    status : str or None
        Of its newest run.
    running_uuid : str or None
        Of the run that is running.
    succeeded_at, triggered_at : datetime or None
        Start of the newest run that succeeded, and of the newest that was triggered in the viewer.
    next_run : datetime
        When it runs next, in the zone of the settings.
    overdue_since : datetime or None
        When it should have run and did not.
    """

    job: str
    status: str | None
    running_uuid: str | None
    succeeded_at: datetime | None
    triggered_at: datetime | None
    next_run: datetime
    overdue_since: datetime | None


def search(database: Database, asked: Search, zone: ZoneInfo) -> Listed:
    """List runs, the newest first.

    Parameters
    ----------
    database : Database
        To ask.
    asked : Search
        Which, and which page of them.
    zone : ZoneInfo
        In which their times are given.

    Raises
    ------
    NotFound
        If there is no such page.
    """
    filters = asked.filters(zone)
    rows = database.query("web/runs", **filters, skip=(asked.page - 1) * PAGE, most=PAGE)
    count = (asked.page - 1) * PAGE + len(rows)
    if len(rows) == PAGE or not rows:
        count = database.query("web/count_runs", **filters)
    return Listed(asked.page, count, [_local(run, zone) for (run,) in rows])


def one(database: Database, execution_uuid: str, zone: ZoneInfo) -> dict[str, Any] | None:
    """Find a run by its uuid.

    Parameters
    ----------
    database : Database
        To ask.
    execution_uuid : str
        A uuid.
    zone : ZoneInfo
        In which its times are given.
    """
    run = database.query("web/run", execution_uuid=execution_uuid)
    return _local(run, zone) if run else None


def states(config: Config, database: Database, now: datetime, jobs: Iterable[str] = JOBS) -> list[State]:
    """Say how each job stands.

    Parameters
    ----------
    config : Config
        Its schedule.
    database : Database
        To ask.
    now : datetime
        The moment.
    jobs : iterable of str
        Their names.
    """
    # What nobody starts by the clock is never late, nor is what has yet to run for the first time.
    scheduled = {*config.daily_jobs, *config.job_schedules}
    return [
        State(
            job,
            status,
            running,
            succeeded_at,
            triggered_at,
            schedule.next_run(config, job, now),
            schedule.overdue_since(config, job, now, succeeded_at) if status and job in scheduled else None,
        )
        for job, status, running, succeeded_at, triggered_at in database.query(
            "web/job_state", jobs=list(jobs)
        )
    ]


def mark_abandoned(config: Config, database: Database) -> None:
    """Mark runs as abandoned that say RUNNING although no process holds their job's lock.

    Parameters
    ----------
    config : Config
        Whose database it is: the viewer's own role cannot write.
    database : Database
        To ask whether there is any, first.
    """
    stale = database.query("runs/stale", grace=GRACE_SECONDS)
    if not stale:
        return
    try:
        with closing(connect(config, "history page")) as connection:
            set_timeouts(connection)
            gone = [
                (job, uuid) for job, about in stale for uuid in mark_abandoned_runs(connection, job, about)
            ]
    except (psycopg2.Error, SqlError) as error:
        raise DatabaseUnavailable("the history cannot be written") from error
    for job, execution_uuid in gone:
        Thread(target=alerts.alert_of_abandoned, args=(config, job, execution_uuid), daemon=True).start()


def set_timeouts(connection: Connection) -> None:
    """Let no request wait for ever where somebody holds a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '5s'; SET statement_timeout = '30s'")


def _local(run: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Give times as the clock of `zone` shows them, with its offset."""
    times = {name: datetime.fromisoformat(run[name]) for name in TIMES if run[name]}
    local = {name: moment.astimezone(zone).isoformat() for name, moment in times.items()}
    return {**run, **local, "date": (run["metadata"] or {}).get("date")}
