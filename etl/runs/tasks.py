"""What waits to be done about a source, and who takes it: one road for the command line and for workers."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

import psycopg2
from psycopg2.extensions import connection as Connection

from etl import sentences_of_sources as sentences
from etl.config import Config
from etl.database import migrations
from etl.database.connection import connect, transaction
from etl.database.queries import Sql
from etl.errors import (
    AlreadyRunning,
    DatabaseUnavailable,
    Interrupted,
    MeterhouseError,
    TaskTaken,
    UsageError,
)
from etl.log import mask
from etl.runs import alerts, pipeline
from etl.runs.abandoned import mark_all_abandoned
from etl.runs.backfill import Observer
from etl.runs.failures import first_line
from etl.runs.interrupt import Stop
from etl.runs.job import Job
from etl.runs.record import Record
from etl.runs.requests import COMMAND_LINE, Options
from etl.runs.run import Run, Task

# How often a task is begun whose process dies.
ATTEMPTS = 5


@dataclass
class Tasks:
    """The tasks of one job, and their runs.

    Attributes
    ----------
    config : Config
        Settings.
    task_job : str
        The job's name.
    make : callable
        Makes the job for the id of a source.
    stop : Stop
        Says when to end early.
    observer : Observer
        Is told how the runs go.
    requested_by : str
        Who asks: one of `COMMAND_LINE`, or an account's name.
    dry_run : bool
        Do everything, then roll back: no task is added or taken.
    records : list of Record
        The runs so far.
    """

    config: Config
    task_job: str
    make: Callable[[int], Job]
    stop: Stop
    observer: Observer
    requested_by: str = COMMAND_LINE[0]
    dry_run: bool = False
    records: list[Record] = field(default_factory=list)

    def run(self, names: tuple[str, ...] = ()) -> bool:
        """Add tasks and take them until none is left; False if a run failed or could not begin.

        Parameters
        ----------
        names : tuple of str
            These sources now, due or not, and no other; empty: whatever is due or waits.

        Raises
        ------
        UsageError
            For a name that no active source has.
        DatabaseUnavailable
            If the tasks cannot be read.
        """
        try:
            with closing(connect(self.config, "tasks")) as connection, self.stop.watching(connection):
                if self.dry_run:
                    return self.take_all(self._would_take(connection, names))
                migrations.apply(connection)
                self.enqueue_again(connection)
                source_ids = self._ask(connection, names)
                succeeded = self.take_all(self.waiting(connection, source_ids))
                return self._told_what_waits(connection, source_ids) and succeeded
        except psycopg2.Error as error:
            self.stop.check()
            raise DatabaseUnavailable(f"database: {first_line(error)}") from error

    def enqueue_again(self, connection: Connection) -> None:
        """Mark the runs whose process is gone, and add their tasks again."""
        task_job = self.task_job
        for execution_uuid in mark_all_abandoned(connection, task_job):
            alerts.alert_of_abandoned(self.config, task_job, execution_uuid)
        # Asked of the history and not of the list above: who marked them may have died as well.
        Sql(connection)(f"{task_job}/enqueue_again", attempts=ATTEMPTS)

    def enqueue_due(self, connection: Connection) -> None:
        """Add a task for every source that is due and has none waiting."""
        task_job = self.task_job
        Sql(connection)(f"{task_job}/enqueue_due", requested_by=self.requested_by)

    def enqueue(self, connection: Connection, names: tuple[str, ...]) -> list[int]:
        """Add a task for each of these sources that has none waiting; give their ids.

        Raises
        ------
        UsageError
            For a name that no active source has.
        """
        sql, task_job = Sql(connection), self.task_job
        found = {name: number for number, name in sql(f"{task_job}/named_sources", names=list(names))}
        unknown = [name for name in names if name not in found]
        if unknown:
            raise UsageError(sentences.NO_SUCH_SOURCE, source=unknown[0], job=task_job)
        source_ids = list(found.values())
        sql(f"{task_job}/enqueue", source_ids=source_ids, requested_by=self.requested_by)
        return source_ids

    def waiting(self, connection: Connection, source_ids: list[int] | None = None) -> Iterator[Task]:
        """Give waiting tasks, by priority and age, until none is left whose source is free.

        Parameters
        ----------
        connection : Connection
            In autocommit mode: each time the first that waits then is given.
        source_ids : list of int or None
            Of these sources only; None: of any.
        """
        passed, task_job = [], self.task_job
        while row := Sql(connection)(f"{task_job}/next_task", source_ids=source_ids, passed=passed):
            # One that did not begin is not given again.
            passed.append(row[0])
            yield Task(*row)

    def take_all(self, tasks: Iterable[Task]) -> bool:
        """Run tasks; False if one failed or could not begin, or if the rest is left out."""
        succeeded = True
        for task in tasks:
            if self.stop.requested:
                return False
            succeeded &= self.take(task)
        return succeeded

    def take(self, task: Task) -> bool:
        """Run one task; True also if another process was quicker."""
        today = datetime.now(self.config.zone).date()
        run = Run(
            self.config,
            self.make(task.source_id),
            today,
            Options(dry_run=self.dry_run),
            self.stop,
            self.requested_by,
            subject=str(task.source_id),
            task=task,
        )
        try:
            with self.observer.progress() as show:
                pipeline.execute(run, show, alerts.alert_of_task)
        except (AlreadyRunning, TaskTaken):
            return True
        except Interrupted:
            raise
        except MeterhouseError as error:
            self.observer.not_started(f"{task.source}: {mask(str(error), self.config.secrets)}")
            alerts.alert_of_no_start(run, error)
            return False
        self.records.append(run.record)
        self.observer.ended(run)
        return run.record.status == "SUCCESS"

    def _ask(self, connection: Connection, names: tuple[str, ...]) -> list[int] | None:
        """Add tasks for these sources, or for all that are due; give whose are taken, None being any."""
        if names:
            return self.enqueue(connection, names)
        self.enqueue_due(connection)
        return None

    def _would_take(self, connection: Connection, names: tuple[str, ...]) -> list[Task]:
        """Say which tasks a call would take, and leave nothing behind."""
        with transaction(connection, keep=False):
            migrations.apply(connection, keep=False)
            source_ids = self._ask(connection, names)
            return list(self.waiting(connection, source_ids))

    def _told_what_waits(self, connection: Connection, source_ids: list[int] | None) -> bool:
        """Name the sources that were asked for and still wait."""
        if not source_ids:
            return True
        task_job = self.task_job
        left = [name for (name,) in Sql(connection)(f"{task_job}/waiting_sources", source_ids=source_ids)]
        for name in left:
            self.observer.not_started(sentences.FETCHED_ALREADY % {"source": name})
        return not left
