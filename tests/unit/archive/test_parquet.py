"""A day's Parquet file: replaced whole or not at all."""

import resource
from contextlib import contextmanager
from datetime import date

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from etl.config import Config
from etl.errors import MeterhouseError
from etl.jobs.archive import parquet
from etl.jobs.archive.transform import schema
from tests.unit.archive.rows import batch

DAY = date(2026, 4, 1)


@pytest.fixture
def config(tmp_path):
    return Config(data_dir=tmp_path)


def put(config, day, *batches):
    with parquet.written(config, day, schema(config.zone), batches) as file:
        parquet.publish(config, day, file)


def stored(config):
    return ds.dataset(config.parquet_base_dir / parquet.DATASET, partitioning="hive").to_table()


@contextmanager
def at_most(size):
    """Let no file grow larger, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_day_has_one_file_named_by_its_date(config):
    put(config, DAY, batch(config, DAY))
    place = config.data_dir / "parquet/raw_meter_readings/dt=2026-04-01/data.parquet"
    assert [one for one in config.parquet_base_dir.rglob("*") if one.is_file()] == [place]
    assert parquet.path(config, DAY) == place
    assert parquet.count(place) == 48


def test_what_is_written_is_read_again(config):
    rows = batch(config, DAY, ("m", "n"), every=60)
    put(config, DAY, rows.slice(0, 100), rows.slice(100))
    assert pq.read_table(parquet.path(config, DAY), partitioning=None).equals(pa.table(rows))


def test_times_have_zones_and_numbers_are_doubles(config):
    put(config, DAY, batch(config, DAY))
    written = pq.read_schema(parquet.path(config, DAY))
    assert written.field("ts_utc").type == pa.timestamp("us", tz="UTC")
    assert written.field("ts_jst").type == pa.timestamp("us", tz="Asia/Tokyo")
    assert written.field("energy_import_kwh").type == pa.float64()


def test_row_groups_and_compression_are_those_of_the_settings(tmp_path):
    config = Config(data_dir=tmp_path, parquet_row_group_size=100, parquet_compression="gzip")
    rows = batch(config, DAY, every=300)
    put(config, DAY, *(rows.slice(start, 70) for start in range(0, 288, 70)))
    metadata = pq.read_metadata(parquet.path(config, DAY))
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    assert [group.num_rows for group in groups] == [100, 100, 88]
    assert {group.column(3).compression for group in groups} == {"GZIP"}


def test_only_the_source_has_a_dictionary(config):
    put(config, DAY, batch(config, DAY))
    group = pq.read_metadata(parquet.path(config, DAY)).row_group(0)
    columns = {column["path_in_schema"]: column["encodings"] for column in group.to_dict()["columns"]}
    assert [name for name, encodings in columns.items() if "RLE_DICTIONARY" in encodings] == ["source"]
    assert [name for name, encodings in columns.items() if "DELTA_BINARY_PACKED" in encodings] == [
        "ts_utc",
        "ts_jst",
        "ingested_at",
    ]


def test_a_day_again_replaces_it(config):
    put(config, DAY, batch(config, DAY, value=1.0))
    put(config, DAY, batch(config, DAY, value=2.0))
    assert stored(config)["instant_power_w"].unique().to_pylist() == [2.0]


def test_a_day_without_rows_has_no_partition(config):
    put(config, DAY, batch(config, DAY))
    put(config, DAY)
    assert not parquet.path(config, DAY).parent.exists()


def test_a_day_is_emptied_beside_files_of_others(config):
    put(config, DAY, batch(config, DAY))
    other = parquet.path(config, DAY).with_name("notes.txt")
    other.write_text("mine")
    put(config, DAY)
    assert [one.name for one in config.parquet_base_dir.rglob("*") if one.is_file()] == ["notes.txt"]


def test_no_reader_sees_what_is_being_written(config):
    put(config, date(2026, 3, 31), batch(config, date(2026, 3, 31)))
    with parquet.written(config, DAY, schema(config.zone), [batch(config, DAY)]):
        assert len(stored(config)) == 48
        assert not list(config.parquet_base_dir.glob("**/dt=2026-04-01*/*"))


def test_what_is_not_published_is_gone(config):
    put(config, DAY, batch(config, DAY, value=1.0))
    with (
        pytest.raises(ZeroDivisionError),
        parquet.written(config, DAY, schema(config.zone), [batch(config, DAY, value=2.0)]),
    ):
        raise ZeroDivisionError
    assert stored(config)["instant_power_w"].unique().to_pylist() == [1.0]
    assert [one.name for one in config.parquet_base_dir.rglob("*") if one.is_file()] == ["data.parquet"]


def test_leftovers_of_a_killed_run_go_with_the_next(config):
    left = config.parquet_base_dir / parquet.DATASET / ".dt=2026-03-31.tmp"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    put(config, DAY, batch(config, DAY))
    assert not left.exists()


def test_a_full_disk_is_named_and_the_old_day_stays(config):
    put(config, DAY, batch(config, DAY, value=1.0))
    with at_most(4096), pytest.raises(MeterhouseError, match=r"raw_meter_readings: File too large"):
        put(config, DAY, batch(config, DAY, ("m", "n"), every=10, value=2.0))
    assert stored(config)["instant_power_w"].unique().to_pylist() == [1.0]
    assert [one.name for one in config.parquet_base_dir.rglob("*") if one.is_file()] == ["data.parquet"]


def test_a_damaged_file_is_named(config):
    put(config, DAY, batch(config, DAY))
    parquet.path(config, DAY).write_bytes(b"PAR1 and no more")
    with pytest.raises(MeterhouseError, match=r"data\.parquet: .*move it away"):
        parquet.count(parquet.path(config, DAY))


def test_files_are_small_beside_the_defaults(config, tmp_path):
    rows = batch(config, DAY, ("meter1", "meter2"), every=1)
    put(config, DAY, rows)
    pq.write_table(pa.table(rows), tmp_path / "plain.parquet")
    assert parquet.path(config, DAY).stat().st_size < 0.45 * (tmp_path / "plain.parquet").stat().st_size
