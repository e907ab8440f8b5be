"""The run history: RUNNING before the transaction, counts during it, the end inside or after it."""

import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json

from etl.database.connection import job_lock, transaction
from etl.database.queries import Sql
from etl.errors import AlreadyRunning, MeterhouseError, SqlError
from etl.inbox.rejects import Rejects
from etl.log import log
from etl.runs.record import SUMMARY_LENGTH, Record

SECONDS_BETWEEN_COUNTS = 1.0
# How long a run that was asked for in the viewer may take to begin.
GRACE_SECONDS = 60
ABANDONED = "abandoned: its process ended without a word; the next run {} up what was left"
OVERTAKEN = "abandoned: another run of this job began before its process did; ask for it again"
NOT_TAKEN_UP = f"abandoned: no process took it up within {GRACE_SECONDS} s; see triggered.log in LOG_DIR"


class History:
    """Writes one run's row.

    Parameters
    ----------
    connection : Connection
        In autocommit mode and not the one that loads: what is written here is seen at once.
    record : Record
        The run.
    """

    def __init__(self, connection: Connection, record: Record) -> None:
        self.connection = connection
        self._sql = Sql(connection)
        self._record = record
        self._counted_at = time.monotonic()
        # Runs before that this one found dead.
        self.abandoned: list[str] = []

    def start(self) -> None:
        """Write RUNNING; first mark runs of this job whose process is gone: we hold the job's lock."""
        self.abandoned = _abandon(self._sql, self._record.job_name, ABANDONED.format("took"), OVERTAKEN, 0)
        self._record.id = self._sql("runs/start", **self._beginning())
        self._wait_for_nobody()

    def adopt(self) -> None:
        """Take over the row that the viewer has written; no other of this job can say RUNNING.

        Raises
        ------
        MeterhouseError
            If it does not wait for its process any more.
        """
        row = self._sql("runs/adopt", **self._beginning())
        if row is None:
            raise MeterhouseError(
                f"run {self._record.execution_uuid} of {self._record.job_name} was not asked for, or given up"
                " meanwhile; nothing was done, ask for it again"
            )
        self._record.id, self._record.metadata = row
        self._wait_for_nobody()

    def count(self) -> None:
        """Show the record's counts in its row, at most once a second."""
        if time.monotonic() - self._counted_at < SECONDS_BETWEEN_COUNTS:
            return
        record = Json(self._record.as_json())
        try:
            self._sql("runs/count", batched=True, run_id=self._record.id, record=record)
        except SqlError:
            log.debug("the history is locked; its counts come later")
        self._counted_at = time.monotonic()

    def finish(self, sql: Sql, rejects: Rejects) -> bool:
        """Write the end and the rejects.

        Parameters
        ----------
        sql : Sql
            Inside the data transaction when anything is committed.
        rejects : Rejects
            What was refused.

        Returns
        -------
        bool
            False if the row did not say RUNNING any more: it was written before.
        """
        written = sql("runs/finish", run_id=self._record.id, record=Json(self._record.as_json()))
        if written:
            self._store(sql, rejects)
        return written == 1

    def fail(self, connection: Connection, rejects: Rejects) -> bool:
        """Write the end of a run of which nothing was committed; as `finish`, in a transaction of its own."""
        with transaction(connection):
            with connection.cursor() as cursor:
                # The run is over: whoever holds the history now must not hold up its end.
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
            return self.finish(Sql(connection), rejects)

    def fail_after_commit(self) -> None:
        """Turn the committed end into the record's FAILURE: what follows a commit went wrong."""
        record = self._record
        self._sql(
            "runs/fail_after_commit",
            run_id=self._record.id,
            error_summary=record.error_summary,
            finished_at=record.finished_at,
            duration_seconds=record.duration_seconds,
        )

    def successful(self, folders: list[str], days: int) -> list[str]:
        """Those of the run uuids that succeeded more than so many days ago."""
        return [name for (name,) in self._sql("runs/successful", folders=folders, days=days)]

    def usual_input(self) -> float | None:
        """The median of what the last runs of this job read; None if there are too few."""
        return self._sql("runs/usual_input", run_id=self._record.id, job_name=self._record.job_name)

    def delete_old(self, days: int) -> int:
        """Delete runs of all jobs that ended more than so many days ago; how many are gone."""
        return self._sql("runs/delete_old", days=days)

    def _beginning(self) -> dict[str, Any]:
        record = self._record
        return {
            "execution_uuid": record.execution_uuid,
            "job_name": record.job_name,
            "started_at": record.started_at,
            "metadata": Json(record.metadata),
            "next_scheduled_for": record.next_scheduled_for,
        }

    def _wait_for_nobody(self) -> None:
        with self.connection.cursor() as cursor:
            # From here on nobody who locks the history holds up the run.
            cursor.execute("SET lock_timeout = '500ms'")

    def _store(self, sql: Sql, rejects: Rejects) -> None:
        rows = [
            {
                "kind": one.kind,
                "file": one.label,
                "line": one.line,
                "line_count": one.lines,
                "raw": one.raw,
                "reason": one.reason,
            }
            for one in rejects.kept
        ]
        sql("runs/reject", run_id=self._record.id, rows=Json(rows))


class Requested(NamedTuple):
    """A run that somebody asked for, and whether it is a new one or the first with that key."""

    uuid: str
    is_new: bool


def request(
    connection: Connection,
    job: str,
    metadata: dict[str, Any],
    key: str | None,
    next_scheduled_for: datetime | None,
) -> Requested | None:
    """Write the RUNNING row of a run whose process is still to be started, with `--adopt`.

    Parameters
    ----------
    connection : Connection
        In autocommit mode: the row is there at once.
    job : str
        The job's name.
    metadata : dict
        date, on_error, allow_shrink, triggered_by (an account's name) and options.
    key : str or None
        The same key again gives the first run.
    next_scheduled_for : datetime or None
        For the row.

    Returns
    -------
    Requested or None
        None if the job has a RUNNING row already.
    """
    sql = Sql(connection)
    new = sql(
        "runs/request",
        execution_uuid=str(uuid.uuid4()),
        job_name=job,
        metadata=Json({**metadata, "requested": True}),
        idempotency_key=key,
        next_scheduled_for=next_scheduled_for,
    )
    if new:
        return Requested(new, True)
    first = sql("runs/of_key", key=key) if key else None
    return Requested(first, False) if first else None


def refuse(connection: Connection, job: str, execution_uuid: str, reason: str) -> None:
    """Write FAILURE into the row of a run that was asked for and cannot begin.

    Parameters
    ----------
    connection : Connection
        In autocommit mode.
    job, execution_uuid : str
        Which run; one that is not waiting for its process is left alone.
    reason : str
        A sentence.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '500ms'")
    summary = reason[:SUMMARY_LENGTH]
    Sql(connection)("runs/refuse", execution_uuid=execution_uuid, job_name=job, error_summary=summary)


def abandon_stale(connection: Connection, job_names: Iterable[str]) -> list[str]:
    """Mark runs that say RUNNING although no process holds their job's lock.

    Parameters
    ----------
    connection : Connection
        In autocommit mode; holds the lock of one job after the other for a moment.
    job_names : iterable of str
        The jobs to look at.

    Returns
    -------
    list of str
        The uuids of the runs that were given up.
    """
    gone: list[str] = []
    for job in job_names:
        # A job whose lock is held is running, or about to set its rows right itself.
        with suppress(AlreadyRunning), job_lock(connection, job):
            gone += _abandon(Sql(connection), job, ABANDONED.format("takes"), NOT_TAKEN_UP, GRACE_SECONDS)
    return gone


def _abandon(sql: Sql, job: str, summary: str, not_taken_up: str, grace: int) -> list[str]:
    rows = sql("runs/abandon", job_name=job, error_summary=summary, not_taken_up=not_taken_up, grace=grace)
    for (gone,) in rows:
        log.warning("an earlier run ended without a word: marked abandoned", abandoned=gone)
    return [gone for (gone,) in rows]
