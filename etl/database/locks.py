"""A second run of a job fails and names the holder of its lock."""

import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from zoneinfo import ZoneInfo

from psycopg2.extensions import connection as Connection

from etl import sentences
from etl.database.connection import APPLICATION, job_lock
from etl.database.queries import Sql
from etl.errors import AlreadyRunning, SqlError

# Who looks for abandoned runs holds a job's lock that long at most.
A_LOOK_SECONDS = 0.2


@contextmanager
def lock_or_refuse(connection: Connection, job: str, zone: ZoneInfo, subject: str = "") -> Generator[None]:
    """Hold the job's lock, or say who has it.

    Parameters
    ----------
    connection : Connection
        In autocommit mode; the lock is the session's.
    job : str
        The job's name.
    zone : ZoneInfo
        In which it is told since when another holds it.
    subject : str
        What the run is about; empty: the job has no runs side by side.

    Raises
    ------
    AlreadyRunning
        With the other run and its start.
    """
    with ExitStack() as held:
        try:
            held.enter_context(job_lock(connection, job, subject))
        except AlreadyRunning:
            # Perhaps the viewer just looks for abandoned runs: for that no night must be left out.
            time.sleep(A_LOOK_SECONDS)
            try:
                held.enter_context(job_lock(connection, job, subject))
            except AlreadyRunning:
                raise AlreadyRunning(_refusal(connection, job, zone, subject)) from None
        yield


def _refusal(connection: Connection, job: str, zone: ZoneInfo, subject: str) -> str:
    """Say who holds this job's lock and since when."""
    holder = None
    # The holder may be the run that still makes the view.
    with suppress(SqlError):
        holder = Sql(connection)("runs/running", job_name=job, subject=subject)
    if holder is None or None in holder:
        return sentences.RUNNING % {"job": job}
    application, since = holder
    who = application.removeprefix(APPLICATION)
    begun = since.astimezone(zone).isoformat(" ", "seconds")
    return sentences.RUNNING_SINCE % {"job": job, "who": who, "begun": begun}
