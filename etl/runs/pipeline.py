"""The story of a run: lock, history, one transaction around the job, then what follows a commit."""

from collections.abc import Callable
from contextlib import ExitStack, suppress

import psycopg2
from psycopg2.extensions import connection as Connection

from etl import sentences
from etl.database import migrations, viewer_role
from etl.database.connection import transaction, warn_of_few_locks
from etl.database.locks import lock_or_refuse
from etl.errors import CheckFailed, DatabaseUnavailable, Interrupted, MeterhouseError
from etl.log import bind, log, mask, unbind
from etl.runs import cleanup, dataset, failures
from etl.runs.history import History
from etl.runs.job import Context
from etl.runs.record import Record
from etl.runs.requested import refuse
from etl.runs.run import Run, Show


def execute(run: Run, show: Show | None = None, on_end: Callable[[Run], None] = lambda run: None) -> Record:
    """Run a job once.

    Parameters
    ----------
    run : Run
        What to do.
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
    bind(job=run.job.name, date=run.day.isoformat(), run=run.record.execution_uuid)
    try:
        with run.connections:
            _execute(run, show)
            on_end(run)
    except (psycopg2.Error, DatabaseUnavailable) as error:
        if run.stop.requested:
            # Ctrl-C at a terminal goes to the server's initdb as well.
            raise Interrupted from error
        if isinstance(error, DatabaseUnavailable):
            raise
        raise DatabaseUnavailable(sentences.DATABASE + failures.first_line(error)) from error
    finally:
        unbind()
    return run.record


def _execute(run: Run, show: Show | None) -> None:
    connection = run.connect("run")
    run.connections.enter_context(run.stop.watching(connection))
    with ExitStack() as lock:
        try:
            lock.enter_context(lock_or_refuse(connection, run.job.name, run.config.zone, run.subject))
            _begin(run, connection)
        except Exception as error:
            _refuse_requested(run, connection, error)
            raise
        context = run.context(connection, show)
        try:
            _transaction(run, context)
        except Exception as error:  # noqa: BLE001 - whatever it was, the run ended and says so
            _roll_back(run, connection, error)
        else:
            _follow_commit(run, context)
    run.log_end()


def _begin(run: Run, connection: Connection) -> None:
    warn_of_few_locks(connection)
    if not run.options.dry_run:
        migrations.apply(connection)
        viewer_role.ensure(connection, run.config)
    # A dry run leaves no row, but one that was asked for in the viewer has its row already.
    if run.run_id or not run.options.dry_run:
        run.set_next_run()
        watched = run.connect("history")
        run.history = History(
            watched, run.record, run.group_uuid or run.record.execution_uuid, run.task and run.task.id
        )
        with run.stop.watching(watched):
            (run.history.take_over if run.run_id else run.history.start)()
    log.info("run started", on_error=run.options.on_error, dry_run=run.options.dry_run)


def _transaction(run: Run, context: Context) -> None:
    """Do all the work: either all of this is in the database afterwards, or nothing."""
    sql, keep = context.sql, not run.options.dry_run
    with transaction(sql.connection, keep=keep):
        if not keep:
            migrations.apply(sql.connection, keep=False)
        dataset.require_same(sql, run.config)
        run.job.run(context)
        if context.figures_changed:
            sql("dataset/raise_data_version")
        run.stop.check()
        run.end("; ".join(context.errors) or None)
        if run.history and keep and not run.history.finish(sql, run.rejects):
            raise CheckFailed(sentences.ENDED_BY_ANOTHER)
        run.committing = True
        log.info("committing" if keep else "rolling back: dry run")


def _follow_commit(run: Run, context: Context) -> None:
    """Move the files and drop old ones; a failure here is told, but takes nothing back."""
    if run.options.dry_run:
        if run.history:
            run.history.finish_apart(run.rejects, run.reconnect)
        return
    assert run.history
    log.info("committed")
    try:
        run.usual_input = cleanup.usual_input(context, run.history)
        cleanup.tidy(context, run.history)
    except (MeterhouseError, psycopg2.Error, OSError) as error:
        late = sentences.INTERRUPTED_AFTER_COMMIT if isinstance(error, Interrupted) else str(error)
        run.end("; ".join([*context.errors, mask(late, run.config.secrets)]))
        with suppress(MeterhouseError, psycopg2.Error):
            run.history.fail_after_commit()


def _roll_back(run: Run, connection: Connection, error: Exception) -> None:
    """Write FAILURE where the rolled back transaction could not."""
    log.debug("rolled back", exc_info=error)
    run.record.roll_back()
    run.end(run.explain(connection, error))
    written = run.history and run.history.finish_apart(run.rejects, run.reconnect)
    if written is False and run.record.error_summary == sentences.LOST_DURING_COMMIT:
        # The row has its end: the connection went after the commit, not before.
        run.end(sentences.LOST_AFTER_COMMIT)


def _refuse_requested(run: Run, connection: Connection, error: Exception) -> None:
    """Tell those who asked for the run why it did not begin."""
    if run.run_id:
        with suppress(psycopg2.Error, MeterhouseError):
            refuse(run.reconnect(), run.job.name, run.run_id, run.explain(connection, error))
