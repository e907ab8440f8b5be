"""One day out of InfluxDB into Parquet and DuckDB: a process of its own, so that its memory can be seen."""

import json
import sys
from datetime import UTC, date, datetime
from resource import RUSAGE_SELF, getrusage
from time import perf_counter

from etl import config
from etl.jobs.archive import days, duckdb, parquet
from etl.jobs.archive.transform import Transform, schema
from etl.sources.influx import Influx


def main(day: date) -> None:
    """Print seconds to Parquet and to DuckDB, points and peak memory in bytes, as JSON."""
    settings = config.load()
    started = perf_counter()
    transform = Transform(settings.zone, settings.source_default, datetime.now(UTC))
    points = Influx(settings, lambda: None).points(*days.bounds(day, settings.zone))
    with parquet.written(settings, day, schema(settings.zone), map(transform.rows, points)) as file:
        parquet.publish(settings, day, file)
    to_parquet = perf_counter() - started
    peak = getrusage(RUSAGE_SELF).ru_maxrss << 10
    duckdb.load(settings, day, parquet.path(settings, day))
    to_duckdb = perf_counter() - started
    found = {"parquet": to_parquet, "duckdb": to_duckdb, "points": transform.counts.inserted, "peak": peak}
    print(json.dumps(found))


if __name__ == "__main__":
    main(date.fromisoformat(sys.argv[1]))
