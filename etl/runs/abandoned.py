"""Runs that say RUNNING although their process is gone."""

from contextlib import suppress

from psycopg2.extensions import connection as Connection

from etl import sentences
from etl.database.connection import job_lock
from etl.database.queries import Sql
from etl.errors import AlreadyRunning
from etl.log import log

# How long a run that was asked for in the viewer may take to begin.
GRACE_SECONDS = 60
NOT_TAKEN_UP = sentences.NOT_TAKEN_UP % {"seconds": GRACE_SECONDS}


def mark_abandoned_runs(connection: Connection, job: str, subject: str = "") -> list[str]:
    """Mark the abandoned runs of a job; none of one that runs.

    Parameters
    ----------
    connection : Connection
        In autocommit mode; holds the job's lock for a moment.
    job : str
        Its name.
    subject : str
        Runs about this one only.

    Returns
    -------
    list of str
        The uuids of the runs that were marked.
    """
    # A job whose lock is held is running, or about to set its rows right itself.
    with suppress(AlreadyRunning), job_lock(connection, job, subject):
        return _mark(Sql(connection), job, subject, (sentences.ABANDONED, NOT_TAKEN_UP), GRACE_SECONDS)
    return []


def mark_all_abandoned(connection: Connection, job: str) -> list[str]:
    """Mark the abandoned runs of all subjects of a job; see `mark_abandoned_runs`."""
    stale = Sql(connection)("runs/stale", grace=GRACE_SECONDS)
    subjects = [subject for name, subject in stale if name == job]
    return [gone for subject in subjects for gone in mark_abandoned_runs(connection, job, subject)]


def mark_overtaken_runs(sql: Sql, job: str, subject: str) -> list[str]:
    """Mark every run of a job and subject that says RUNNING: we hold its lock and begin."""
    return _mark(sql, job, subject, (sentences.ABANDONED_BEFORE, sentences.OVERTAKEN), 0)


def _mark(sql: Sql, job: str, subject: str, reasons: tuple[str, str], grace: int) -> list[str]:
    rows = sql(
        "runs/abandon",
        job_name=job,
        subject=subject,
        error_summary=reasons[0],
        not_taken_up=reasons[1],
        grace=grace,
    )
    for (gone,) in rows:
        log.warning("an earlier run ended without a word: marked abandoned", abandoned=gone)
    return [gone for (gone,) in rows]
