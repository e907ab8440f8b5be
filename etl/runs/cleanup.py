"""What follows the commit: files leave the inbox, old folders and old history go."""

import psycopg2

from etl.errors import SqlError
from etl.inbox import completion
from etl.log import log
from etl.runs.history import History
from etl.runs.job import Context


def tidy(context: Context, history: History) -> None:
    """Move the files and drop what is old."""
    config, run = context.config, context.record.execution_uuid
    moved = completion.move(context.moves, config.data_dir, run, context.check)
    log.info("files moved", files=moved)
    days = config.completion_retention_days
    if days:
        removed = completion.remove_old(config.data_dir, lambda names: history.successful(names, days))
        log.info("old completion folders removed", folders=removed)
    days = config.task_retention_days if context.record.subject else config.run_retention_days
    if days:
        _drop_old_runs(history, days)


def usual_input(context: Context, history: History) -> float | None:
    """How much runs like this one read, as far as a drop is to be alerted of; None if nobody can say."""
    config, record = context.config, context.record
    if not config.alert_webhook_url or not config.alert_drop_percent or not context.options.reads_all:
        return None
    if record.status != "SUCCESS" or "mode" in record.metadata:
        return None
    try:
        return history.usual_input()
    except (SqlError, psycopg2.Error):
        log.debug("nobody knows what runs usually read", exc_info=True)
        return None


def _drop_old_runs(history: History, days: int) -> None:
    try:
        log.info("old runs deleted", runs=history.delete_old(days))
    except SqlError as error:
        # Somebody locks the history. The data is in, and the next run deletes as well.
        log.warning("old runs stay until the next run", reason=str(error))
