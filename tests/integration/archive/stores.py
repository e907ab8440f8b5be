"""The job archive as a test runs it, and what its four stores hold."""

from datetime import date

import pyarrow.dataset as ds
import requests

from etl import config
from etl.jobs.archive import duckdb, parquet
from tests.integration.archive.invented import Meter

DAY = date(2026, 4, 1)
METERS = [Meter("meter1"), Meter("meter2", rise=11), Meter("meter3", every=300, restarts=(100,))]


def archive(world, *arguments, day=DAY):
    dates = () if "--start-date" in arguments else ("--date", str(day))
    return world.run("--job", "archive", *dates, *arguments)


def in_parquet():
    return ds.dataset(config.load().parquet_base_dir / parquet.DATASET, partitioning="hive").to_table()


def in_duckdb(query):
    with duckdb.opened(config.load()) as database:
        return database.execute(query).fetchall()


def energy(world):
    return world.rows("SELECT * FROM daily_energy ORDER BY energy_date, source")


def drop(influx, where=""):
    """Lose points, as by retention; the measurement stays."""
    statement = {"q": f'DROP SERIES FROM "power"{where}', "db": influx.name}
    assert requests.post(f"{influx.server.url}/query", statement, timeout=60).json() == {
        "results": [{"statement_id": 0}]
    }
    influx.write(["power,source=other instant_power_w=1 0"])


def everything(world):
    """What the stores hold, to see whether a run changed it."""
    return (
        in_parquet().to_pylist(),
        in_duckdb("FROM raw_meter_readings ORDER BY ALL"),
        world.rows("SELECT * FROM archive_day"),
        energy(world),
    )
