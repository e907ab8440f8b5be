"""Points of meters in a DuckDB file as the job stores them, and the figures of a day computed plainly."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import duckdb

from etl.config import Config

RAW = """
CREATE TABLE raw_meter_readings (
  ts_utc TIMESTAMP, ts_jst TIMESTAMP, source VARCHAR, instant_power_w DOUBLE,
  energy_import_kwh DOUBLE, energy_export_kwh DOUBLE, ingested_at TIMESTAMP
)
"""
HALF_HOUR = timedelta(minutes=30)


class Point(NamedTuple):
    """A point; a counter of 0 was not sent."""

    at: datetime
    source: str | None
    power: float
    counter: float


class Energy(NamedTuple):
    """A row of the fact, in its order of columns."""

    day: date
    source: str
    kwh: Decimal | None
    fell: bool
    peak: float
    points: int
    half_hours: int
    half_hours_of_day: int


@dataclass
class Store:
    """A DuckDB file, and the settings that lead to it."""

    config: Config

    def do(self, statement: str, *parameters: object) -> list[tuple]:
        """Change or ask the file; it is closed again."""
        with duckdb.connect(self.config.duckdb_path) as connection:
            return connection.execute(statement, parameters).fetchall()

    def add(self, points: Iterable[Point]) -> None:
        """Insert points."""
        rows = [
            (_naive(at, UTC), _naive(at, self.config.zone), source, power, counter, 0.0)
            for at, source, power, counter in points
        ]
        with duckdb.connect(self.config.duckdb_path) as connection:
            connection.executemany("INSERT INTO raw_meter_readings VALUES (?, ?, ?, ?, ?, ?, now())", rows)

    def forget(self, day: date) -> None:
        """Delete the points of a day."""
        self.do("DELETE FROM raw_meter_readings WHERE CAST(ts_jst AS DATE) = ?", day)

    def energy(self) -> list[Energy]:
        """The whole fact."""
        return [Energy(*row) for row in self.do("SELECT * FROM fct_daily_energy ORDER BY ALL")]


def make(root: Path, tz: str = "Asia/Tokyo") -> Store:
    """An empty store under `root`."""
    store = Store(Config(data_dir=root / "data", log_dir=root / "logs", tz=tz))
    store.config.duckdb_path.parent.mkdir(parents=True)
    store.do(RAW)
    return store


def begin(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def energy(points: Iterable[Point], zone: ZoneInfo) -> list[Energy]:
    """The fact of these points."""
    by_day = defaultdict(list)
    for point in sorted(points):
        by_day[point.at.astimezone(zone).date(), point.source].append(point)
    return [_energy(day, source, of_day, zone) for (day, source), of_day in sorted(by_day.items())]


def _energy(day: date, source: str, points: list[Point], zone: ZoneInfo) -> Energy:
    starts, ends = begin(day, zone), begin(day + timedelta(days=1), zone)
    counters = [Decimal(str(point.counter)) for point in points if point.counter]
    rises = [after - before for before, after in pairwise(counters)]
    fell = any(rise < 0 for rise in rises)
    kwh = sum((rise for rise in rises if rise > 0), Decimal(0))
    return Energy(
        day,
        source,
        kwh if counters else None,
        fell,
        max(point.power for point in points),
        len(points),
        len({(point.at - starts) // HALF_HOUR for point in points}),
        (ends - starts) // HALF_HOUR,
    )


def _naive(at: datetime, zone: object) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)
