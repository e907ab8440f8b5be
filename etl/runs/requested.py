"""Runs that were asked for in the viewer and wait for their process: written, read, refused."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from psycopg2.extensions import connection as Connection
from psycopg2.extras import Json

from etl import sentences
from etl.database.queries import Sql
from etl.errors import MeterhouseError
from etl.runs.record import SUMMARY_LENGTH
from etl.runs.requests import RunRequest, as_metadata


class Requested(NamedTuple):
    """A run that somebody asked for.

    Attributes
    ----------
    uuid : str
        Of the run.
    is_new : bool
        Whether it is a new one, or the first with that key.
    is_same : bool
        Whether what was asked for is the same.
    """

    uuid: str
    is_new: bool
    is_same: bool = True


class Waiting(NamedTuple):
    """A run that waits for its process: what was asked for, and by which account."""

    request: dict[str, Any]
    triggered_by: str


def ask(
    connection: Connection,
    request: RunRequest,
    triggered_by: str,
    key: str | None,
    next_scheduled_for: datetime | None,
) -> Requested | None:
    """Write the RUNNING row of a run whose process is still to be started, with `--run-id`.

    Parameters
    ----------
    connection : Connection
        In autocommit mode: the row is there at once.
    request : RunRequest
        What is asked for.
    triggered_by : str
        An account's name.
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
        job_name=request.job_name,
        request=_stored(request),
        metadata=Json(as_metadata(request.options, triggered_by)),
        idempotency_key=key,
        next_scheduled_for=next_scheduled_for,
    )
    if new:
        return Requested(new, True)
    return of_key(connection, request, key)


def of_key(connection: Connection, request: RunRequest, key: str | None) -> Requested | None:
    """Find the run that was asked for with a key before.

    Parameters
    ----------
    connection : Connection
        In autocommit mode.
    request : RunRequest
        What is asked for now.
    key : str or None
        None: nothing was.
    """
    row = Sql(connection)("runs/of_key", key=key, request=_stored(request)) if key else None
    return Requested(row[0], False, row[1]) if row else None


def waiting(connection: Connection, execution_uuid: str) -> Waiting:
    """Read what a run that waits for its process is to do.

    Parameters
    ----------
    connection : Connection
        In autocommit mode.
    execution_uuid : str
        Of its row.

    Raises
    ------
    MeterhouseError
        If it does not wait any more.
    """
    row = Sql(connection)("runs/waiting", batched=True, execution_uuid=execution_uuid)
    if row is None:
        raise MeterhouseError(not_waiting(execution_uuid))
    return Waiting(*row)


def not_waiting(execution_uuid: str) -> str:
    """Say that a run cannot be taken over."""
    return sentences.NOT_WAITING % {"run": execution_uuid}


def refuse(connection: Connection, job: str, execution_uuid: str, reason: str) -> None:
    """Write FAILURE into the row of a run that waits for its process and cannot begin.

    Parameters
    ----------
    connection : Connection
        In autocommit mode.
    job, execution_uuid : str
        Which run; one that does not wait is left alone.
    reason : str
        A sentence.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '500ms'")
    summary = reason[:SUMMARY_LENGTH]
    Sql(connection)("runs/refuse", execution_uuid=execution_uuid, job_name=job, error_summary=summary)


def _stored(request: RunRequest) -> Json:
    return Json(request.model_dump(mode="json", exclude_none=True))
