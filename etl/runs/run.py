"""One run of one job: what it is to do, how it goes, and its connections."""

import os
import platform
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from psycopg2.extensions import connection as Connection

from etl.config import Config
from etl.database.connection import connect
from etl.database.queries import Sql
from etl.inbox.rejects import Rejects
from etl.log import log, mask
from etl.runs import failures, schedule
from etl.runs.history import History
from etl.runs.interrupt import Stop
from etl.runs.job import Context, Job
from etl.runs.record import Record
from etl.runs.requests import COMMAND_LINE, Options, as_metadata

Show = Callable[[Record, int, int], None]


class Task(NamedTuple):
    """What waits to be done about a source.

    Attributes
    ----------
    id, source_id : int
        Of the task and of its source.
    source : str
        The source's name.
    fetch_interval : int
        Seconds until it is due again.
    failed_before : bool
        Whether the run before failed.
    """

    id: int
    source_id: int
    source: str
    fetch_interval: int
    failed_before: bool


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
        What to read, how to treat faults; whether it is a dry run.
    stop : Stop
        Says when to end early.
    triggered_by : str
        One of `COMMAND_LINE`, or an account's name.
    run_id : str or None
        The uuid of the row to take over: the run was asked for in the viewer.
    group_uuid : str or None
        The uuid of the first run of the same request; None: this is the first.
    late : bool
        Whether it is of a late date, and not what was asked for: it makes no night good.
    is_last : bool
        Whether no other date of the same range is to follow.
    subject : str
        What it is about, where runs of one job go on side by side.
    task : Task or None
        What it takes; None: it was started without one.
    record : Record
        How it goes, and ended.
    rejects : Rejects
        What was refused.
    history : History or None
        Its row; None before it begins, and for a dry run that has none.
    connections : ExitStack
        Closed when the run is over.
    committing : bool
        Whether the commit has begun.
    usual_input : float or None
        Once it succeeded: what runs like it read, if a drop is to be alerted of.
    """

    config: Config
    job: Job
    day: date
    options: Options
    stop: Stop
    triggered_by: str = COMMAND_LINE[0]
    run_id: str | None = None
    group_uuid: str | None = None
    late: bool = False
    is_last: bool = True
    subject: str = ""
    task: Task | None = None
    record: Record = field(init=False)
    rejects: Rejects = field(default_factory=Rejects)
    history: History | None = field(default=None, init=False)
    connections: ExitStack = field(default_factory=ExitStack)
    committing: bool = field(default=False, init=False)
    usual_input: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        place = {"date": self.day.isoformat(), "pid": os.getpid(), "host": platform.node()}
        metadata = {**place, **as_metadata(self.options, self.triggered_by)}
        if self.late:
            metadata["late"] = True
        self.record = Record(self.job.name, metadata, self.config.zone, self.subject)
        if self.run_id:
            self.record.execution_uuid = self.run_id

    @property
    def abandoned(self) -> list[str]:
        """The uuids of runs before that this one found dead."""
        return self.history.abandoned if self.history else []

    def connect(self, purpose: str) -> Connection:
        """Open a connection that is closed with the run; `pg_stat_activity` shows purpose and uuid."""
        name = f"{purpose} {self.record.execution_uuid}"
        return self.connections.enter_context(closing(connect(self.config, name)))

    def reconnect(self) -> Connection:
        """Open a connection to say how the run ended: the ones before may be lost."""
        return self.connect("after an error")

    def context(self, connection: Connection, show: Show | None) -> Context:
        """What the job gets.

        Parameters
        ----------
        connection : Connection
            That of the data.
        show : callable or None
            Called with the record and the numbers of done and of all pieces of work.
        """

        def on_progress(done: int, total: int) -> None:
            if show:
                show(self.record, done, total)
            if self.history:
                self.history.count()

        return Context(
            Sql(connection),
            self.config,
            self.day,
            self.options,
            self.record,
            self.rejects,
            on_progress,
            self.stop.check,
            reads_inbox=not self.late,
            is_last=self.is_last,
        )

    def explain(self, connection: Connection, error: Exception) -> str:
        """Say why it failed, without secrets."""
        stopped, lost = self.stop.requested, bool(connection.closed)
        text = failures.explain(error, stopped=stopped, lost=lost, committing=self.committing)
        return mask(text, self.config.secrets)

    def end(self, error: str | None) -> None:
        """Close the record: SUCCESS, or FAILURE with what went wrong."""
        self.record.end(error)
        self.set_next_run()

    def set_next_run(self) -> None:
        """Note in the record when the job is due next."""
        now = datetime.now(UTC)
        due = schedule.next_run(self.config, self.job.name, now)
        if self.task:
            due = now + timedelta(seconds=self.task.fetch_interval)
        self.record.next_scheduled_for = due.astimezone(UTC)

    def log_end(self) -> None:
        """Write the line that says how it ended."""
        record = self.record
        failed = {"error": record.error_summary} if record.error_summary else {}
        (log.error if failed else log.info)(
            "run ended",
            status=record.status,
            input=record.input_count,
            inserted=record.inserted_count,
            skipped=record.skipped_count,
            errors=record.error_count,
            seconds=record.duration_seconds,
            **failed,
        )
