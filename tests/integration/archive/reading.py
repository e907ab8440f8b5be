"""Reading a day of points, as the tests look at it."""

from datetime import UTC, datetime, timedelta

from etl.config import Config
from etl.sources.influx import Influx, Points

START = datetime(2026, 4, 1, tzinfo=UTC)
END = START + timedelta(days=1)
FIRST = int(START.timestamp())


def read(config: Config, start: datetime = START, end: datetime = END) -> list[Points]:
    """All pieces of a day."""
    return list(Influx(config, lambda: None).points(start, end))


def by_source(pieces: list[Points]) -> dict[str, list[tuple]]:
    """The points of each source: seconds since `START`, and values."""
    found: dict[str, list[tuple]] = {}
    for source, times, values in pieces:
        seconds = (times.to_numpy() / 10**9 - FIRST).tolist()
        columns = (one.to_pylist() for one in values)
        found.setdefault(source, []).extend(zip(seconds, *columns, strict=True))
    return found


def many(points: int) -> list[str]:
    """Line protocol whose answer, some 70 bytes a point, fits into no buffer if they are 300,000."""
    values = "instant_power_w=1234.123456789,energy_import_kwh=123456.123456789,energy_export_kwh=1.123456789"
    return [f"power,source=a {values} {FIRST * 1000 + i}" for i in range(points)]
