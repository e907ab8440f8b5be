"""The run history: RUNNING before the transaction, counts during it, the end inside or after it."""

import time
from collections.abc import Callable
from typing import Any

import psycopg2
from psycopg2.errorcodes import UNIQUE_VIOLATION
from psycopg2.errors import lookup
from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json

from etl.database.connection import transaction
from etl.database.queries import Sql
from etl.errors import MeterhouseError, SqlError, TaskTaken
from etl.inbox.rejects import Rejects
from etl.log import log
from etl.runs.abandoned import mark_overtaken_runs
from etl.runs.record import Record
from etl.runs.requested import not_waiting

SECONDS_BETWEEN_COUNTS = 1.0
UniqueViolation = lookup(UNIQUE_VIOLATION)


class History:
    """Writes one run's row.

    Parameters
    ----------
    connection : Connection
        In autocommit mode and not the one that loads: what is written here is seen at once.
    record : Record
        The run.
    group_uuid : str
        The uuid of the first run of the same request.
    task_id : int or None
        Of the task that the run takes.
    """

    def __init__(
        self, connection: Connection, record: Record, group_uuid: str, task_id: int | None = None
    ) -> None:
        self._connection = connection
        self._sql = Sql(connection)
        self._record = record
        self._group_uuid, self._task_id = group_uuid, task_id
        self._counted_at = time.monotonic()
        # Runs before that this one found dead.
        self.abandoned: list[str] = []

    def start(self) -> None:
        """Write RUNNING; first mark runs like it whose process is gone: we hold their lock."""
        try:
            self._begin()
        except SqlError as error:
            # Somebody has asked for a run in this very moment: it is overtaken as well.
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            self._begin()
        self._set_timeouts()

    def take_over(self) -> None:
        """Begin the run whose row the viewer has written; no other of this job can say RUNNING."""
        self._record.id = self._sql("runs/take_over", **self._beginning())
        if self._record.id is None:
            raise MeterhouseError(not_waiting(self._record.execution_uuid))
        self._set_timeouts()

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
        """Write the end and the rejects, inside the data transaction when anything is committed.

        False if the row did not say RUNNING any more: it was written before.
        """
        written = sql("runs/finish", run_id=self._record.id, record=Json(self._record.as_json()))
        if written:
            self._store(sql, rejects)
        return written == 1

    def finish_apart(self, rejects: Rejects, reconnect: Callable[[], Connection]) -> bool | None:
        """Write the end of a run of which nothing was committed; as `finish`, in a transaction of its own."""
        for connect in (lambda: self._connection, reconnect):
            try:
                return self._finish_on(connect(), rejects)
            except (psycopg2.Error, MeterhouseError):
                log.debug("writing the end failed", exc_info=True)
                if not self._connection.closed:
                    break  # locked by somebody: another connection would wait as long
        log.warning("the end could not be written to the history; the next run sets its row right")
        return None

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
        return self._sql(
            "runs/usual_input",
            run_id=self._record.id,
            job_name=self._record.job_name,
            subject=self._record.subject,
        )

    def delete_old(self, days: int) -> int:
        """Delete runs that ended more than so many days ago: of all jobs, or about the same subject."""
        job, subject = self._record.job_name, self._record.subject
        if subject:
            return self._sql("runs/delete_old_of_subject", job_name=job, subject=subject, days=days)
        return self._sql("runs/delete_old", days=days)

    def _begin(self) -> None:
        self.abandoned += mark_overtaken_runs(self._sql, self._record.job_name, self._record.subject)
        if self._task_id is None:
            self._record.id = self._sql("runs/start", **self._beginning())
            return
        task_job = self._record.job_name
        self._record.id = self._sql(f"{task_job}/start_task", task_id=self._task_id, **self._beginning())
        if self._record.id is None:
            raise TaskTaken

    def _beginning(self) -> dict[str, Any]:
        record = self._record
        return {
            "execution_uuid": record.execution_uuid,
            "job_name": record.job_name,
            "subject": record.subject,
            "run_date": record.metadata["date"],
            "group_uuid": self._group_uuid,
            "started_at": record.started_at,
            "metadata": Json(record.metadata),
            "next_scheduled_for": record.next_scheduled_for,
        }

    def _set_timeouts(self) -> None:
        with self._connection.cursor() as cursor:
            # From here on nobody who locks the history holds up the run.
            cursor.execute("SET lock_timeout = '500ms'")

    def _finish_on(self, connection: Connection, rejects: Rejects) -> bool:
        with transaction(connection):
            with connection.cursor() as cursor:
                # The run is over: whoever holds the history now must not hold up its end.
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
            return self.finish(Sql(connection), rejects)

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
