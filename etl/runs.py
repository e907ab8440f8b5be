"""The run history: RUNNING before the transaction, counts during it, the end inside or after it."""

import time
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from resource import RUSAGE_SELF, getrusage
from typing import Any

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json

from etl import db
from etl.errors import SqlError
from etl.log import log
from etl.queries import Sql
from etl.rejects import Rejects

SUMMARY_LENGTH = 512
SECONDS_BETWEEN_COUNTS = 1.0


@dataclass
class Record:
    """One run, as its row, the --json output and the API show it."""

    job_name: str
    metadata: dict[str, Any]
    id: int | None = None
    execution_uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    data_source: list[str] = field(default_factory=list)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished_at: datetime | None = None
    duration_seconds: int | None = None
    input_count: int = 0
    inserted_count: int = 0
    skipped_count: int = 0
    error_count: int = 0
    skip_breakdown: dict[str, int] | None = None
    status: str = "RUNNING"
    error_summary: str | None = None
    next_scheduled_for: datetime | None = None

    def end(self, error: str | None) -> None:
        """Close the record: SUCCESS, or FAILURE with what went wrong.

        Parameters
        ----------
        error : str or None
            What went wrong; cut to 512 characters.
        """
        self.finished_at = datetime.now(UTC)
        self.duration_seconds = int((self.finished_at - self.started_at).total_seconds())
        self.status = "FAILURE" if error else "SUCCESS"
        self.error_summary = error[:SUMMARY_LENGTH] if error else None
        seconds = (self.finished_at - self.started_at).total_seconds()
        self.metadata["rows_per_second"] = round(self.input_count / seconds) if seconds > 0 else None
        # In kB on Linux.
        self.metadata["peak_rss_bytes"] = getrusage(RUSAGE_SELF).ru_maxrss << 10

    def as_json(self) -> dict[str, Any]:
        """Return the record with times in ISO 8601."""
        return {
            key: value.isoformat() if isinstance(value, datetime | date) else value
            for key, value in asdict(self).items()
        }


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

    def start(self) -> None:
        """Write RUNNING; first mark runs of this job whose process is gone: we hold the job's lock."""
        record = self._record
        for (gone,) in self._sql("runs/abandon", job_name=record.job_name):
            log.warning("an earlier run ended without a word: marked abandoned", abandoned=gone)
        record.id = self._sql(
            "runs/start",
            execution_uuid=record.execution_uuid,
            job_name=record.job_name,
            started_at=record.started_at,
            metadata=Json(record.metadata),
        )
        with self.connection.cursor() as cursor:
            # From here on nobody who locks the history holds up the run.
            cursor.execute("SET lock_timeout = '500ms'")

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
        with db.transaction(connection):
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


def refusal(connection: Connection, job: str) -> str:
    """Say who holds this job's lock and since when.

    Parameters
    ----------
    connection : Connection
        That was refused the lock.
    job : str
        The job's name.
    """
    space, name = db.job_lock_key(job)
    holder = Sql(connection)("runs/running", space=space, lock_name=name)
    if holder is None:
        return f"{job} is running already, or was a moment ago; wait for it to end"
    application, since = holder
    who = application.removeprefix(db.APPLICATION)
    return f"{job} is running already: {who}, since {since:%Y-%m-%d %H:%M:%S%z}; wait for it to end"
