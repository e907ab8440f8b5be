"""Starting a run: its row first, which makes it the only one of its job, then a process of its own."""

import os
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Thread

import psycopg2

from etl import language, sentences
from etl.config import Config, as_environ
from etl.database import migrations
from etl.database.connection import connect
from etl.errors import DatabaseUnavailable, MeterhouseError, SqlError
from etl.runs import schedule
from etl.runs.requested import ask, of_key, refuse
from etl.runs.requests import RunRequest
from web.data.database import Database
from web.runs import history

# What runs tell besides their log lines; past that the file begins anew.
TOLD_BYTES = 1 << 20
ROOT = Path(__file__).resolve().parents[2]


class RunsAlready(Exception):
    """The job is running; `execution_uuid` is that run's, if it has a row."""

    def __init__(self, execution_uuid: str | None) -> None:
        super().__init__(execution_uuid)
        self.execution_uuid = execution_uuid


class TooSoon(Exception):
    """A run was triggered a moment ago; `until` is when another may be."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class OtherRequest(Exception):
    """The key was used for another request; `execution_uuid` is the run of that one."""

    def __init__(self, execution_uuid: str) -> None:
        super().__init__(execution_uuid)
        self.execution_uuid = execution_uuid


class NotStarted(MeterhouseError):
    """The run's process cannot be started; its row says why."""


@dataclass(frozen=True)
class Triggered:
    """The run that was started, now or by the same request before."""

    execution_uuid: str
    next_run: datetime


def trigger(
    config: Config, database: Database, request: RunRequest, account: str, key: str | None = None
) -> Triggered:
    """Start a run.

    Parameters
    ----------
    config : Config
        Its process gets the same settings.
    database : Database
        To ask how the job stands.
    request : RunRequest
        What to run.
    account : str
        Who wants it.
    key : str, optional
        A second request with the same one starts nothing and gets the same answer.

    Raises
    ------
    RunsAlready
        If the job is running.
    TooSoon
        Within the cooldown after a run that was triggered here.
    OtherRequest
        If the key was used for another request.
    NotStarted
        If no process can be started.
    DatabaseUnavailable
        If the database does not answer or cannot be written.
    """
    history.mark_abandoned(config, database)
    now = datetime.now(config.zone)
    (state,) = history.states(config, database, now, [request.job_name])
    with _connected(config) as connection:
        try:
            requested = of_key(connection, request, key)
            if requested is None:
                _refuse_too_soon(config, now, state)
                requested = ask(connection, request, account, key, state.next_run)
        except (psycopg2.Error, SqlError) as error:
            raise DatabaseUnavailable("the run cannot be written into the history") from error
    if requested is None:
        (state,) = history.states(config, database, now, [request.job_name])
        raise RunsAlready(state.running_uuid)
    if not requested.is_same:
        raise OtherRequest(requested.uuid)
    if requested.is_new:
        _start_or_refuse(config, request.job_name, requested.uuid)
    return Triggered(requested.uuid, state.next_run)


def _connected(config: Config) -> closing:
    connection = connect(config, "trigger")
    try:
        history.set_timeouts(connection)
        migrations.apply(connection)
    except (psycopg2.Error, SqlError) as error:
        connection.close()
        raise DatabaseUnavailable("the database cannot be written") from error
    return closing(connection)


def _refuse_too_soon(config: Config, now: datetime, state: history.State) -> None:
    until = schedule.cooldown_ends(config, now, state.triggered_at) if state.triggered_at else None
    if until and not state.running_uuid:
        raise TooSoon(until)


def _start_or_refuse(config: Config, job: str, execution_uuid: str) -> None:
    def give_up(reason: str) -> None:
        with suppress(psycopg2.Error, MeterhouseError), closing(connect(config, "refusal")) as connection:
            refuse(connection, job, execution_uuid, reason)

    def see_to_its_end(process: subprocess.Popen) -> None:
        # Somebody must ask for the result, or the system keeps the entry of a process that has ended.
        code = process.wait()
        if code:
            give_up(sentences.ENDED_EARLY % {"code": code})

    try:
        process = _start(config, execution_uuid)
    except OSError as error:
        give_up(sentences.NO_PROCESS + str(error))
        raise NotStarted(sentences.NO_PROCESS + str(error)) from error
    Thread(target=see_to_its_end, args=(process,), daemon=True).start()


def _start(config: Config, execution_uuid: str) -> subprocess.Popen:
    """Start the batch so that it outlives this server; the row says what it is to do."""
    config.log_dir.mkdir(parents=True, exist_ok=True)
    with (config.log_dir / "triggered.log").open("ab") as told:
        if told.tell() > TOLD_BYTES:
            told.truncate(0)
        return subprocess.Popen(
            [sys.executable, "-m", "etl.main", "run", "--quiet", f"--run-id={execution_uuid}"],
            cwd=ROOT,
            # Its output is a log, whatever language the server has.
            env={**os.environ, **as_environ(config), language.VARIABLES[0]: "C"},
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=told,
            start_new_session=True,
        )
