"""The SQL files as callables: `Sql(connection)("readings/insert_readings", ...)`.

A file holds one query, named like the file, that declares its parameters; aiosql parses it. What
is added here: missing and surplus parameters fail before anything is sent, an SQL error names file
and line, and every call leaves a log line with its rows and seconds.
"""

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aiosql
import numpy as np
import psycopg2
from aiosql.types import SQLOperationType
from psycopg2.extensions import QueryCanceledError
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl.errors import SqlError
from etl.log import log

SQL_DIR = Path(__file__).resolve().parents[2] / "sql"


@dataclass(frozen=True)
class Query:
    """One SQL file, parsed."""

    path: Path
    text: str
    parameters: frozenset[str]
    returns: SQLOperationType

    @property
    def label(self) -> str:
        """The file as a person would name it, e.g. `sql/runs/start.sql`."""
        return f"sql/{self.path.relative_to(SQL_DIR)}"


@cache
def load(name: str) -> Query:
    """Parse `sql/<name>.sql`; its query must bear the file's name."""
    path = SQL_DIR / f"{name}.sql"
    function = getattr(aiosql.from_path(path, "psycopg2"), path.stem)
    return Query(path, function.sql, frozenset(function.parameters or ()), function.operation)


class Sql:
    """Runs SQL files on one connection.

    Parameters
    ----------
    connection : psycopg2 connection
        Whose transaction is somebody else's business: see `etl.database.connection`.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._batched: dict[str, tuple[int, int, float]] = {}

    def __call__(self, name: str, batched: bool = False, **parameters: Any) -> Any:
        """Run `sql/<name>.sql`.

        Parameters
        ----------
        name : str
            Folder and stem of the file.
        batched : bool
            The call is one of many: it is logged in detail only, and summed up by `log_batched`.
        **parameters
            Exactly those the file declares.

        Returns
        -------
        int, list of tuple, tuple or Any
            As the file's suffix says: `!` affected rows, none all rows, `^` one row, `$` one value.

        Raises
        ------
        SqlError
            Naming file and line.
        """
        query = load(name)
        if query.parameters != parameters.keys():
            wrong = sorted(query.parameters ^ parameters.keys())
            raise SqlError(f"{query.label}: missing or surplus parameters: {', '.join(wrong)}")
        started = time.monotonic()
        with self.connection.cursor() as cursor:
            execute(cursor, query.text, parameters, query.path)
            result = _result(cursor, query.returns)
            self._log(query.label, max(cursor.rowcount, 0), time.monotonic() - started, batched)
        return result

    def log_batched(self) -> None:
        """Leave one line for each file that ran in batches: rows and seconds of all of them."""
        for label, (calls, rows, seconds) in self._batched.items():
            log.info("step", sql=label, rows=rows, seconds=round(seconds, 3), batches=calls)
        self._batched.clear()

    def _log(self, label: str, rows: int, seconds: float, batched: bool) -> None:
        if not batched:
            log.info("step", sql=label, rows=rows, seconds=round(seconds, 3))
            return
        log.debug("batch step", sql=label, rows=rows, seconds=round(seconds, 3))
        calls, all_rows, all_seconds = self._batched.get(label, (0, 0, 0.0))
        self._batched[label] = (calls + 1, all_rows + rows, all_seconds + seconds)


def execute(cursor: Cursor, text: str, parameters: dict | None, path: Path) -> None:
    """Execute SQL from a file.

    Parameters
    ----------
    cursor : Cursor
        On the connection to use.
    text : str
        One statement, or several without parameters.
    parameters : dict or None
        Its parameters.
    path : Path
        The file that `text` is from.

    Raises
    ------
    SqlError
        PostgreSQL's error with the file and line.
    """
    try:
        cursor.execute(text, parameters)
    except QueryCanceledError:
        raise
    except psycopg2.Error as error:
        label = f"sql/{path.relative_to(SQL_DIR)}" if path.is_relative_to(SQL_DIR) else path.name
        line = _line_in_file(cursor, text, parameters, path, error)
        reason = (error.diag.message_primary or str(error)).strip()
        raise SqlError(f"{label}{f':{line}' if line else ''}: {reason}") from error


def integers(packed: memoryview | None) -> np.ndarray:
    """Read what `int8send` wrote: numbers packed in one value, many of which are slim and quick to fetch.

    Parameters
    ----------
    packed : memoryview or None
        Eight bytes each; None: there is none.

    Returns
    -------
    ndarray of int64
    """
    return np.frombuffer(packed or b"", dtype=">i8").astype(np.int64)


def _result(cursor: Cursor, returns: SQLOperationType) -> Any:
    if returns is SQLOperationType.SELECT:
        return cursor.fetchall()
    if returns is SQLOperationType.SELECT_ONE:
        return cursor.fetchone()
    if returns is SQLOperationType.SELECT_VALUE:
        row = cursor.fetchone()
        return row[0] if row else None
    return cursor.rowcount


def _line_in_file(
    cursor: Cursor, text: str, parameters: dict | None, path: Path, error: psycopg2.Error
) -> int | None:
    """The file's line that PostgreSQL's error position, counted in the text sent, points at."""
    if not error.diag.statement_position:
        return None
    position = int(error.diag.statement_position)
    lines = text.splitlines(keepends=True)
    for number in range(len(lines)):
        sent = cursor.mogrify("".join(lines[: number + 1]), parameters).decode()
        if len(sent) >= position:
            return _code_lines(path, lines)[number]
    return None


def _code_lines(path: Path, lines: list[str]) -> list[int]:
    """Where in the file each line of a parsed query stands; aiosql drops the lines of comment only."""
    source = path.read_text().splitlines()
    if len(lines) == len(source):
        return list(range(1, len(source) + 1))
    code = [number for number, line in enumerate(source, 1) if not line.lstrip().startswith("--")]
    first = next(index for index, number in enumerate(code) if source[number - 1].strip())
    return code[first:]
