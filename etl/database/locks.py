"""One run of a job at a time: whoever comes second is told who was first."""

import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from psycopg2.extensions import connection as Connection

from etl.database.connection import APPLICATION, job_lock, job_lock_key
from etl.database.queries import Sql
from etl.errors import AlreadyRunning

# Who looks for abandoned runs holds a job's lock that long at most.
A_LOOK_SECONDS = 0.2


@contextmanager
def lock_or_refuse(connection: Connection, job: str) -> Generator[None]:
    """Hold the job's lock, or say who has it.

    Parameters
    ----------
    connection : Connection
        In autocommit mode; the lock is the session's.
    job : str
        The job's name.

    Raises
    ------
    AlreadyRunning
        With the other run and its start.
    """
    with ExitStack() as held:
        try:
            held.enter_context(job_lock(connection, job))
        except AlreadyRunning:
            # Perhaps the viewer just looks for abandoned runs: for that no night must be left out.
            time.sleep(A_LOOK_SECONDS)
            try:
                held.enter_context(job_lock(connection, job))
            except AlreadyRunning:
                raise AlreadyRunning(_refusal(connection, job)) from None
        yield


def _refusal(connection: Connection, job: str) -> str:
    """Say who holds this job's lock and since when."""
    space, name = job_lock_key(job)
    holder = Sql(connection)("runs/running", space=space, lock_name=name)
    if holder is None:
        return f"{job} is running already, or was a moment ago; wait for it to end"
    application, since = holder
    who = application.removeprefix(APPLICATION)
    return f"{job} is running already: {who}, since {since:%Y-%m-%d %H:%M:%S%z}; wait for it to end"
