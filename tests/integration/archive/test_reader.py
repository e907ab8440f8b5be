"""What is read out of InfluxDB: all of it, and nothing else."""

from datetime import UTC, datetime, timedelta

import numpy as np

from etl.config import Config
from etl.sources.influx import Influx, Points

START = datetime(2026, 4, 1, tzinfo=UTC)
END = START + timedelta(days=1)
FIRST = int(START.timestamp())


def read(config: Config, start: datetime = START, end: datetime = END) -> list[Points]:
    return list(Influx(config, lambda: None).points(start, end))


def by_source(pieces: list[Points]) -> dict[str, list[tuple]]:
    """The points of each source: time in seconds, and values."""
    found: dict[str, list[tuple]] = {}
    for source, times, values in pieces:
        columns = [(times.to_numpy() // 10**9).tolist(), *(one.to_pylist() for one in values)]
        found.setdefault(source, []).extend(zip(*columns, strict=True))
    return found


def test_every_point_comes_with_its_values(influx):
    watts = np.random.default_rng(1).uniform(0, 3000, (3, 15_000)).round(1)
    made = {
        f"meter{number}": [(FIRST + 5 * i, watt, 1000 + i / 1000, None) for i, watt in enumerate(row)]
        for number, row in enumerate(watts.tolist())
    }
    influx.write(
        f"power,source={source} instant_power_w={watt},energy_import_kwh={kwh} {time}"
        for source, points in made.items()
        for time, watt, kwh, _ in points
    )
    pieces = read(influx.config())
    assert by_source(pieces) == made
    assert [piece.source for piece in pieces] == ["meter0"] * 2 + ["meter1"] * 2 + ["meter2"] * 2


def test_the_end_of_the_day_is_not_of_it(influx):
    influx.write(f"power,source=a instant_power_w=1 {FIRST + at}" for at in (-1, 0, 86_399, 86_400))
    points = by_source(read(influx.config()))["a"]
    assert [time - FIRST for time, *_ in points] == [0, 86_399]
