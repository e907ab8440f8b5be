"""Rows of `raw_meter_readings` to write, and a process that has the file open."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from etl.config import Config
from etl.jobs.archive.days import bounds
from etl.jobs.archive.transform import schema

HOLD = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


def batch(config: Config, day, sources=("m",), every=1800, value=1.0) -> pa.RecordBatch:
    """A day's rows of some sources, `every` so many seconds; the import counter grows."""
    start, end = bounds(day, config.zone)
    times = np.arange(start.timestamp() * 1e6, end.timestamp() * 1e6, every * 1e6, dtype="int64")
    count, columns = len(times) * len(sources), schema(config.zone)
    data = {
        "ts_utc": np.tile(times, len(sources)),
        "ts_jst": np.tile(times, len(sources)),
        "source": np.repeat(sources, len(times)),
        "instant_power_w": np.full(count, value),
        "energy_import_kwh": np.tile(np.arange(1, len(times) + 1) / 8, len(sources)),
        "energy_export_kwh": np.zeros(count),
        "ingested_at": np.full(count, int(datetime(2026, 4, 2, tzinfo=UTC).timestamp() * 1e6)),
    }
    arrays = [pa.array(data[column.name]).cast(column.type) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=columns)
