"""The archive's DuckDB: table `raw_meter_readings` from Parquet, and what dbt made of it."""

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from etl import sentences_of_archive as sentences
from etl.config import Config
from etl.errors import MeterhouseError

if TYPE_CHECKING:
    # A package of its own requirements file: everything but the archive runs without it.
    from duckdb import DuckDBPyConnection

IN_USE = re.compile(r"held in (\S+) \(PID (\d+)\)")
FETCHED_ROWS = 10_000
CREATE = """
CREATE TABLE IF NOT EXISTS raw_meter_readings (
    ts_utc TIMESTAMP,
    ts_jst TIMESTAMP,
    source VARCHAR,
    instant_power_w DOUBLE,
    energy_import_kwh DOUBLE,
    energy_export_kwh DOUBLE,
    ingested_at TIMESTAMP
)
"""
# No folder of the path makes a column.
IN_PARQUET = "read_parquet($file, hive_partitioning = false)"
# A range and not DATE(ts_jst) = day: that would read the whole table.
OF_DAY = "ts_jst >= $first AND ts_jst < $next"
DELETE = f"DELETE FROM raw_meter_readings WHERE {OF_DAY}"  # noqa: S608 - made of constants
# The zones are named: a bare cast would give the time of the session.
INSERT = f"""
INSERT INTO raw_meter_readings
SELECT
    ts_utc AT TIME ZONE 'UTC',
    ts_jst AT TIME ZONE $zone,
    source,
    instant_power_w,
    energy_import_kwh,
    energy_export_kwh,
    ingested_at AT TIME ZONE 'UTC'
FROM {IN_PARQUET}
"""  # noqa: S608
COUNTS = f"""
SELECT ts_jst::DATE AS day, count(*)
FROM raw_meter_readings
WHERE {OF_DAY} AND day IN (SELECT unnest($days))
GROUP BY day
"""  # noqa: S608
DAILY_ENERGY = """
SELECT
    date_jst, source, daily_energy_kwh, counter_fell, peak_w, points, half_hours, half_hours_of_day
FROM fct_daily_energy
WHERE date_jst IN (SELECT unnest($days))
ORDER BY date_jst, source
"""


def load(config: Config, day: date, file: Path) -> int:
    """Replace a day in one transaction.

    Parameters
    ----------
    config : Config
        Whose DUCKDB_PATH holds.
    day : date
        The local date.
    file : Path
        Its Parquet file; if there is none, the day has no points.

    Returns
    -------
    int
        The rows of the day now.

    Raises
    ------
    MeterhouseError
        If the file is locked, or no DuckDB's, or cannot be written.
    """
    with opened(config) as database, _transaction(database):
        database.execute(CREATE)
        database.execute(DELETE, bounds_of(day))
        if not file.exists():
            return 0
        return database.execute(INSERT, {"zone": config.tz, "file": str(file)}).fetchall()[0][0]


def counts(config: Config, days: Sequence[date]) -> dict[date, int]:
    """Count the rows of days.

    Parameters
    ----------
    config : Config
        Whose DUCKDB_PATH holds.
    days : sequence of date
        Local dates, ascending.

    Returns
    -------
    dict
        Of the days that have any; none if there is no DuckDB yet. Errors as of `load`.
    """
    if not config.duckdb_path.exists():
        return {}
    with opened(config) as database:
        if not has_table(database, "raw_meter_readings"):
            return {}
        span = {"first": days[0], "next": days[-1] + timedelta(days=1)}
        return dict(database.execute(COUNTS, {**span, "days": list(days)}).fetchall())


def daily_energy(config: Config, days: Sequence[date]) -> Iterator[tuple[Any, ...]]:
    """Read what dbt made of some days.

    Parameters
    ----------
    config : Config
        Whose DUCKDB_PATH holds.
    days : sequence of date
        Local dates.

    Yields
    ------
    tuple
        A row per date and source, with the columns of `fct_daily_energy`.
    """
    with opened(config) as database:
        found = database.execute(DAILY_ENERGY, {"days": list(days)})
        while rows := found.fetchmany(FETCHED_ROWS):
            yield from rows


def has_table(database: "DuckDBPyConnection", name: str) -> bool:
    """Say whether a table or view was made already."""
    query = "SELECT count(*) FROM information_schema.tables WHERE table_name = $name"
    return database.execute(query, {"name": name}).fetchall() != [(0,)]


def bounds_of(day: date) -> dict[str, date]:
    """Give the parameters of `OF_DAY`."""
    return {"first": day, "next": day + timedelta(days=1)}


@contextmanager
def opened(config: Config) -> Generator["DuckDBPyConnection"]:
    """Open the file for this process alone, until the block ends; nothing is fetched from elsewhere.

    Parameters
    ----------
    config : Config
        Path and limit of memory.

    Raises
    ------
    MeterhouseError
        If another process has it, or it is no DuckDB's, or cannot be written.
    """
    import duckdb  # noqa: PLC0415

    path = config.duckdb_path
    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": config.duckdb_memory_limit,
        "autoinstall_known_extensions": False,
    }
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(path), config=options) as database:
            yield database
    except (duckdb.Error, OSError) as error:
        raise MeterhouseError(_explain(path, str(error))) from error


@contextmanager
def _transaction(database: "DuckDBPyConnection") -> Generator[None]:
    database.begin()
    try:
        yield
    except BaseException:
        database.rollback()
        raise
    database.commit()


def _explain(path: Path, text: str) -> str:
    """Say in a line what is wrong with the file and what to do."""
    holder = IN_USE.search(text)
    if holder:
        who = {"file": path, "pid": holder[2], "program": Path(holder[1]).name}
        return sentences.DUCKDB_IN_USE % who
    return sentences.DUCKDB_FAILED % {"file": path, "reason": text.splitlines()[0]}
