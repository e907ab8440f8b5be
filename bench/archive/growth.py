"""A day's load into DuckDB and its models, after many days against after one."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.web.report import Pair, Row, at_most, compare, tell, timed
from etl.config import Config
from etl.jobs.archive import days, dbt, duckdb, parquet
from etl.jobs.archive.transform import schema
from etl.sources.influx import FIELDS

LAST = date(2026, 4, 1)
STEP_SECONDS = 10
BAR = 1.2
ROUNDS = 3


def rows(folder: Path, many: int, sources: int) -> list[Row]:
    """Measure the last of `many` days against the second.

    Parameters
    ----------
    folder : Path
        For both archives.
    many, sources : int
        Days and meters, with a point every ten seconds.
    """
    old, new = (Config(data_dir=folder / name, log_dir=folder / name / "logs") for name in ("old", "new"))
    seconds = timed(lambda: _fill(old, many - 1, sources))
    tell(f"{many - 1} days of {sources} meters archived in {seconds:.0f} s")
    _fill(new, 1, sources)
    for config in (old, new):
        _write(config, LAST, sources)
    what = f"day {many} against day 2"
    return [
        at_most(f"DuckDB, {what}", [_pair("load", old, new, _load)], BAR),
        at_most(f"dbt, {what}", [_pair("dbt build", old, new, _model)], BAR),
    ]


def _pair(name: str, old: Config, new: Config, work: Callable[[Config], None]) -> Pair:
    return compare(name, lambda: timed(lambda: work(old)), lambda: timed(lambda: work(new)), ROUNDS, warm=1)


def _fill(config: Config, number: int, sources: int) -> None:
    before = [LAST - timedelta(days=ago) for ago in range(number, 0, -1)]
    for day in before:
        _write(config, day, sources)
        duckdb.load(config, day, parquet.path(config, day))
    dbt.build(config, before, lambda: None)


def _load(config: Config) -> None:
    duckdb.load(config, LAST, parquet.path(config, LAST))


def _model(config: Config) -> None:
    dbt.build(config, [LAST], lambda: None)


def _write(config: Config, day: date, sources: int) -> None:
    columns = schema(config.zone)
    start, end = (int(one.timestamp()) * 10**6 for one in days.bounds(day, config.zone))
    times = np.tile(np.arange(start, end, STEP_SECONDS * 10**6), sources)
    count = len(times)
    made = {
        "source": np.repeat([f"meter{number}" for number in range(sources)], count // sources),
        **{name: np.random.default_rng(1).uniform(0, 1000, count).round(1) for name in FIELDS},
        "energy_import_kwh": np.tile(np.arange(1, count // sources + 1) / 1000, sources),
    }
    arrays = [pa.array(made.get(column.name, times)).cast(column.type) for column in columns]
    with parquet.written(config, day, columns, [pa.RecordBatch.from_arrays(arrays, schema=columns)]) as file:
        parquet.publish(config, day, file)
