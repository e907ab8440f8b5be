"""The story of a run: lock, history, one transaction around the job, then what follows a commit."""

import os
import platform
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import psycopg2
from psycopg2.extensions import QueryCanceledError
from psycopg2.extensions import connection as Connection

from etl.config import Config
from etl.database import migrations
from etl.database.connection import connect, transaction, warn_of_few_locks
from etl.database.locks import lock_or_refuse
from etl.database.queries import Sql
from etl.errors import CheckFailed, DatabaseUnavailable, Interrupted, MeterhouseError
from etl.inbox.rejects import Rejects
from etl.log import bind, log, mask, unbind
from etl.runs import cleanup, schedule
from etl.runs.history import History, refuse
from etl.runs.interrupt import Stop
from etl.runs.job import COMMAND_LINE, Context, Job, Options
from etl.runs.record import Record

Show = Callable[[Record, int, int], None]
AFTER_COMMIT = (
    "interrupted after the commit: the data is in; the next run takes up files that are left, as repeats"
)
LOST = "the connection to the database was lost; nothing of this run was kept, run it again"


LOST_IN_BETWEEN = (
    "the connection was lost during the commit: whether it took effect is not known yet;"
    " run it again, nothing is loaded twice"
)
LOST_AFTER = (
    "the connection was lost after the commit: the data is in; the next run takes up the files, as repeats"
)


@dataclass
class Run:
    """One run of one job.

    Attributes
    ----------
    config : Config
        Settings.
    job : Job
        What to do.
    day : date
        The date of the run.
    options : Options
        How to treat faults; whether it is a dry run.
    stop : Stop
        Says when to end early.
    adopt : str or None
        The uuid of the row to take over: the run was asked for in the viewer.
    usual_input : float or None
        Once it succeeded: what runs like it read, if a drop is to be alerted of.
    record : Record
        How it goes, and ended.
    rejects : Rejects
        What was refused.
    """

    config: Config
    job: Job
    day: date
    options: Options
    stop: Stop
    adopt: str | None = None
    usual_input: float | None = field(default=None, init=False)
    rejects: Rejects = field(default_factory=Rejects)
    record: Record = field(init=False)

    def __post_init__(self) -> None:
        metadata = {
            "date": self.day.isoformat(),
            **self.options.as_metadata(),
            "pid": os.getpid(),
            "host": platform.node(),
        }
        self.record = Record(self.job.name, metadata)
        if self.adopt:
            self.record.execution_uuid = self.adopt
        self._history: History | None = None
        self._ending = False
        self._connections = ExitStack()

    @property
    def abandoned(self) -> list[str]:
        """The uuids of runs before that this one found dead."""
        return self._history.abandoned if self._history else []

    def execute(self, show: Show | None = None, on_end: Callable[["Run"], None] = lambda run: None) -> Record:
        """Run the job.

        Parameters
        ----------
        show : callable, optional
            Called with the record and the numbers of done and of all pieces of work.
        on_end : callable
            Called once it has ended and let go of the lock; not if it could not start.

        Returns
        -------
        Record
            How it ended: FAILURE if anything did not go as it should.

        Raises
        ------
        AlreadyRunning
            If the job runs already; no row is written and nothing is changed.
        DatabaseUnavailable
            If it cannot even start.
        """
        bind(job=self.job.name, date=self.day.isoformat(), run=self.record.execution_uuid)
        try:
            with self._connections:
                self._execute(show)
                on_end(self)
        except (psycopg2.Error, DatabaseUnavailable) as error:
            if self.stop.requested:
                # Ctrl-C at a terminal goes to the server's initdb as well.
                raise Interrupted from error
            if isinstance(error, DatabaseUnavailable):
                raise
            raise DatabaseUnavailable(f"database: {_first_line(error)}") from error
        finally:
            unbind()
        return self.record

    def _execute(self, show: Show | None) -> None:
        connection = self._connect("run")
        self._connections.enter_context(self.stop.watching(connection))
        with ExitStack() as lock:
            try:
                lock.enter_context(lock_or_refuse(connection, self.job.name))
                self._begin(connection)
            except Exception as error:
                self._refuse_adopted(connection, error)
                raise
            self._work(connection, show)

    def _begin(self, connection: Connection) -> None:
        warn_of_few_locks(connection)
        if not self.options.dry_run:
            migrations.apply(connection)
            self.record.next_scheduled_for = self._next_run()
            history = self._connect("history")
            self._history = History(history, self.record)
            with self.stop.watching(history):
                (self._history.adopt if self.adopt else self._history.start)()
        log.info("run started", on_error=self.options.on_error, dry_run=self.options.dry_run)

    def _work(self, connection: Connection, show: Show | None) -> None:
        context = self._context(connection, show)
        try:
            self._transaction(context)
        except Exception as error:  # noqa: BLE001 - whatever it was, the run ended and says so
            self._rolled_back(connection, error)
        else:
            self._committed(context)
        self._log_end()

    def _transaction(self, context: Context) -> None:
        """Do all the work: either all of this is in the database afterwards, or nothing."""
        connection = context.sql.connection
        with transaction(connection, keep=not self.options.dry_run):
            if self.options.dry_run:
                migrations.apply(connection, keep=False)
            self.job.run(context)
            self.stop.check()
            self._end("; ".join(context.errors) or None)
            if self._history and not self._history.finish(context.sql, self.rejects):
                raise CheckFailed("this run was marked as ended by somebody else; nothing of it was kept")
            self._ending = True
            log.info("committing" if not self.options.dry_run else "rolling back: dry run")

    def _committed(self, context: Context) -> None:
        """Move the files and drop old ones; a failure here is told, but takes nothing back."""
        if not self._history:
            return
        log.info("committed")
        try:
            self.usual_input = cleanup.usual_input(context, self._history)
            cleanup.tidy(context, self._history)
        except (MeterhouseError, psycopg2.Error, OSError) as error:
            late = AFTER_COMMIT if isinstance(error, Interrupted) else str(error)
            self._end("; ".join([*context.errors, mask(late, self.config.secrets)]))
            with suppress(MeterhouseError, psycopg2.Error):
                self._history.fail_after_commit()

    def _rolled_back(self, connection: Connection, error: Exception) -> None:
        """Write FAILURE where the rolled back transaction could not."""
        log.debug("rolled back", exc_info=error)
        record = self.record
        record.inserted_count = record.skipped_count = 0
        record.skip_breakdown = None
        record.error_count = max(record.error_count, 1)
        for balance in record.metadata.get("units", {}).values():
            balance["rolled_back"] = True
        self._end(mask(self._explain(connection, error), self.config.secrets))
        if self._history:
            self._write_failure(self._history)

    def _write_failure(self, history: History) -> None:
        for open_connection in (lambda: history.connection, lambda: self._connect("after an error")):
            try:
                written = history.fail(open_connection(), self.rejects)
                if not written and self.record.error_summary == LOST_IN_BETWEEN:
                    # The row has its end: the connection went after the commit, not before.
                    self._end(LOST_AFTER)
                return
            except (psycopg2.Error, MeterhouseError):
                log.debug("writing FAILURE failed", exc_info=True)
                if not history.connection.closed:
                    break  # locked by somebody: another connection would wait as long
        log.warning("FAILURE could not be written to the history; the next run sets its row right")

    def _refuse_adopted(self, connection: Connection, error: Exception) -> None:
        """Tell those who asked for the run why it did not begin."""
        if not self.adopt:
            return
        reason = mask(self._explain(connection, error), self.config.secrets)
        with suppress(psycopg2.Error, MeterhouseError):
            refuse(self._connect("after an error"), self.job.name, self.adopt, reason)

    def _end(self, error: str | None) -> None:
        self.record.end(error)
        self.record.next_scheduled_for = self._next_run()

    def _next_run(self) -> datetime:
        by_hand = self.adopt or self.options.triggered_by not in COMMAND_LINE
        triggered_at = self.record.started_at if by_hand else None
        now = datetime.now(UTC)
        return schedule.next_run(self.config, self.job.name, now, triggered_at).astimezone(UTC)

    def _explain(self, connection: Connection, error: Exception) -> str:
        if isinstance(error, Interrupted) or (isinstance(error, QueryCanceledError) and self.stop.requested):
            return "interrupted"
        if connection.closed:
            return LOST_IN_BETWEEN if self._ending else LOST
        if isinstance(error, MeterhouseError):
            return str(error)
        if isinstance(error, psycopg2.Error):
            return f"database: {_first_line(error)}"
        return internal_error(error)

    def _context(self, connection: Connection, show: Show | None) -> Context:
        def on_progress(done: int, total: int) -> None:
            if show:
                show(self.record, done, total)
            if self._history:
                self._history.count()

        return Context(
            Sql(connection),
            self.config,
            self.day,
            self.options,
            self.record,
            self.rejects,
            on_progress,
            self.stop.check,
        )

    def _connect(self, purpose: str) -> Connection:
        return self._connections.enter_context(
            closing(connect(self.config, f"{purpose} {self.record.execution_uuid}"))
        )

    def _log_end(self) -> None:
        record = self.record
        level = log.error if record.error_summary else log.info
        level(
            "run ended",
            status=record.status,
            input=record.input_count,
            inserted=record.inserted_count,
            skipped=record.skipped_count,
            errors=record.error_count,
            seconds=record.duration_seconds,
            **({"error": record.error_summary} if record.error_summary else {}),
        )


def internal_error(error: Exception) -> str:
    """Say in a line that this is our fault; the log file has the traceback."""
    return f"internal error, please report it: {type(error).__name__}: {_first_line(error)} (see LOG_DIR)"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0]
