"""InfluxDB to Parquet and DuckDB against curl, which only takes the same answer; the size of the files."""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow.parquet as pq

from bench.web.databases import environment
from bench.web.report import Row, tell, timed
from bench.web.servers import ROOT
from etl.config import Config
from etl.jobs.archive import days, parquet
from etl.sources.influx import FIELDS, TAG
from tests.influx import Influxd

DAY = date(2026, 4, 1)
FEW_DAY = DAY + timedelta(days=1)
ROUNDS = 3
BAR_PARQUET, BAR_DUCKDB, BAR_MEMORY, BAR_SIZE = 1.15, 1.5, 1.2, 0.45
SECONDS = 86_400


def rows(folder: Path, sources: int, few: int) -> list[Row]:
    """Measure a day of one point a second.

    Parameters
    ----------
    folder : Path
        For InfluxDB and the stores.
    sources, few : int
        How many meters the day has, and how many the one that shows what memory is needed anyway.
    """
    server = Influxd(folder / "influxd")
    try:
        config = server.config("bench", data_dir=folder / "data", log_dir=folder / "logs")
        seconds = timed(lambda: _fill(server, config, sources, few))
        tell(f"{(sources + few) * SECONDS:,} points written in {seconds:.0f} s")
        curl, ours = [], []
        for _ in range(ROUNDS):
            curl.append(timed(lambda: _curl(config)))
            ours.append(_extract(config, DAY))
        peak_of_few = _extract(config, FEW_DAY)["peak"]
        memory = _memory_of_influxdb(server)
    finally:
        server.stop()
    assert {one["points"] for one in ours} == {sources * SECONDS}
    points = f"{sources * SECONDS:,} points"
    base = statistics.median(curl)
    peak = statistics.median(one["peak"] for one in ours)
    return [
        _seconds(f"{points} into Parquet, against curl", ours, "parquet", base, BAR_PARQUET),
        _seconds(f"{points} into Parquet and DuckDB", ours, "duckdb", base, BAR_DUCKDB),
        _row(f"memory, against {few * SECONDS:,} points", (peak, peak_of_few), ("MiB", 2**20), BAR_MEMORY),
        Row("memory of InfluxDB after that", f"{memory / 2**20:,.0f} MiB"),
        _size(config, folder),
    ]


def _fill(server: Influxd, config: Config, sources: int, few: int) -> None:
    for day, number in ((DAY, sources), (FEW_DAY, few)):
        for source in range(number):
            server.write("bench", _lines(config, day, source))


def _lines(config: Config, day: date, source: int) -> Iterator[str]:
    start = int(days.bounds(day, config.zone)[0].timestamp())
    # A household: what is on stays on for a while, and every value differs a little from the one before.
    rng = np.random.default_rng([source, day.toordinal()])
    watts = np.repeat(rng.gamma(2, 200, SECONDS // 600), 600) * rng.normal(1, 0.02, SECONDS)
    counters = source * 1000 + watts.cumsum() / 3.6e6
    for second, (watt, kwh) in enumerate(zip(watts.tolist(), counters.tolist(), strict=True)):
        yield (
            f"power,source=meter{source:03} instant_power_w={watt:.1f},energy_import_kwh={kwh:.3f}"
            f" {start + second}"
        )


def _curl(config: Config) -> None:
    start, end = (int(one.timestamp()) * 10**9 for one in days.bounds(DAY, config.zone))
    fields = ", ".join(f'"{name}"' for name in FIELDS)
    where = f"time >= {start} AND time < {end}"
    query = f'SELECT {fields} FROM "power" WHERE {where} GROUP BY "{TAG}"'  # noqa: S608
    parameters = {"db": "bench", "chunked": "true", "epoch": "ns", "q": query}
    given = [part for name, value in parameters.items() for part in ("--data-urlencode", f"{name}={value}")]
    url = f"{config.influx_url}/query"
    command = ["curl", "--silent", "--fail", "--get", "--output", "/dev/null", *given, url]
    subprocess.run(command, check=True)


def _extract(config: Config, day: date) -> dict[str, Any]:
    settings = environment(config, INFLUX_URL=config.influx_url, INFLUX_BUCKET="bench")
    done = subprocess.run(
        [sys.executable, "-m", "bench.archive.extract", str(day)],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(done.stdout)


def _memory_of_influxdb(server: Influxd) -> int:
    return psutil.Process(server.pid).memory_info().rss


def _seconds(what: str, ours: list[dict[str, Any]], store: str, base: float, bar: float) -> Row:
    return _row(what, (statistics.median(one[store] for one in ours), base), ("s", 1), bar)


def _size(config: Config, folder: Path) -> Row:
    ours, plain = parquet.path(config, DAY), folder / "plain.parquet"
    pq.write_table(pq.read_table(ours, partitioning=None), plain)
    sizes = ours.stat().st_size, plain.stat().st_size
    return _row("size of the Parquet file, against the defaults", sizes, ("MB", 10**6), BAR_SIZE)


def _row(what: str, sides: tuple[float, float], in_unit: tuple[str, int], bar: float) -> Row:
    (ours, other), (unit, scale) = sides, in_unit
    ratio = ours / other
    measured = f"{ours / scale:,.1f} / {other / scale:,.1f} {unit}"
    return Row(what, measured, ratio, f"at most {bar:g}", ratio <= bar)
