"""Whether last night's runs were there: for a cron line that notices when the batch was never started."""

from contextlib import closing
from datetime import UTC, datetime

import psycopg2

from etl import language, sentences
from etl.config import Config
from etl.database.connection import connect
from etl.database.queries import Sql
from etl.errors import DatabaseUnavailable, Interrupted, MeterhouseError
from etl.language import N_
from etl.runs import alerts, schedule
from etl.runs.failures import first_line
from etl.runs.interrupt import Stop

IN_TIME = N_("%(job)s: last success started %(last)s, in time")
NOT_YET = N_("%(job)s: no success yet, in time")
OVERDUE = N_("%(job)s: overdue: it was due %(due)s, last success started %(last)s")
NEVER = N_("%(job)s: overdue: it was due %(due)s, no success yet")


def check(config: Config, jobs: tuple[str, ...], stop: Stop) -> int:
    """Print how each job stands, and alert of those that are overdue.

    Parameters
    ----------
    config : Config
        Settings.
    jobs : tuple of str
        Names.
    stop : Stop
        Says when to end early.

    Returns
    -------
    int
        1 if a job is overdue, 0 otherwise.

    Raises
    ------
    MeterhouseError
        If the history cannot be read, after an alert of that.
    """
    try:
        succeeded = _last_successes(config, jobs, stop)
    except MeterhouseError as error:
        stop.check()
        alerts.send(config, f"nobody knows whether a run is overdue: {error}", error=str(error))
        raise
    now = datetime.now(UTC)
    overdue = [job for job in jobs if _tell(config, job, now, succeeded[job])]
    return 1 if overdue else 0


def _last_successes(config: Config, jobs: tuple[str, ...], stop: Stop) -> dict[str, datetime | None]:
    try:
        with closing(connect(config, "overdue")) as connection, stop.watching(connection):
            return {job: Sql(connection)("runs/last_success", job_name=job, subject="") for job in jobs}
    except psycopg2.Error as error:
        if stop.requested:
            raise Interrupted from error
        raise DatabaseUnavailable(sentences.DATABASE + first_line(error)) from error


def _tell(config: Config, job: str, now: datetime, succeeded_at: datetime | None) -> bool:
    due = schedule.overdue_since(config, job, now, succeeded_at)
    last = succeeded_at and _clock(config, succeeded_at)
    values = {"job": job, "due": due and _clock(config, due), "last": last}
    sentence = (OVERDUE if due else IN_TIME) if last else (NEVER if due else NOT_YET)
    print(language.texts().gettext(sentence) % values)
    if due is None:
        return False
    alerts.send(config, sentence % values, job=job, due=due.isoformat())
    return True


def _clock(config: Config, moment: datetime) -> str:
    return moment.astimezone(config.zone).isoformat(" ", "minutes")
