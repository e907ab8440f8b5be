"""The archive's files: `raw_meter_readings/dt=YYYY-MM-DD/data.parquet`, each replaced whole or not at all."""

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from etl import sentences_of_archive as sentences
from etl.config import Config
from etl.errors import MeterhouseError

DATASET = "raw_meter_readings"
LEFTOVERS = ".dt=*.tmp"
TIMES = ("ts_utc", "ts_jst", "ingested_at")


def path(config: Config, day: date) -> Path:
    """Where the points of a day are.

    Parameters
    ----------
    config : Config
        Whose PARQUET_BASE_DIR holds.
    day : date
        The local date.
    """
    return config.parquet_base_dir / DATASET / f"dt={day}" / "data.parquet"


def count(file: Path) -> int:
    """Read from its end how many points a file has; 0 if there is none.

    Raises
    ------
    MeterhouseError
        If it cannot be read.
    """
    try:
        return pq.read_metadata(file).num_rows
    except FileNotFoundError:
        return 0
    except (pa.ArrowException, OSError) as error:
        raise MeterhouseError(sentences.NO_PARQUET, file=file, reason=error) from error


@contextmanager
def written(
    config: Config, day: date, columns: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> Generator[Path]:
    """Write a day beside the partitions, under a name that no reader looks for; gone after the block.

    Parameters
    ----------
    config : Config
        Compression and size of row groups.
    day : date
        The local date.
    columns : Schema
        Of the batches.
    batches : iterable of RecordBatch
        The rows.

    Yields
    ------
    Path
        The file, on disk; `publish` puts it in its place.

    Raises
    ------
    MeterhouseError
        If the disk does not take it.
    """
    folder = config.parquet_base_dir / DATASET
    file = folder / f".dt={day}.tmp"
    try:
        with _named(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for left in folder.glob(LEFTOVERS):
                left.unlink()
            _write(config, file, columns, batches)
        yield file
    finally:
        with suppress(OSError):
            file.unlink(missing_ok=True)


def publish(config: Config, day: date, file: Path) -> None:
    """Put a day in its place at once, for good: a reader sees the old or the new one.

    Parameters
    ----------
    config : Config
        Whose PARQUET_BASE_DIR holds.
    day : date
        The local date.
    file : Path
        From `written`; without rows the day's partition goes.
    """
    place = path(config, day)
    with _named(place):
        if count(file):
            place.parent.mkdir(exist_ok=True)
            file.replace(place)
            _sync(place.parent)
        elif place.parent.exists():
            place.unlink(missing_ok=True)
            # Somebody else's files may lie there.
            with suppress(OSError):
                place.parent.rmdir()
        _sync(place.parent.parent)


def _write(config: Config, file: Path, columns: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    size = config.parquet_row_group_size
    with file.open("wb") as target:
        # Times grow steadily and are few bits apart; a dictionary of readings would be as long as they are.
        with pq.ParquetWriter(
            target,
            columns,
            compression=config.parquet_compression,
            use_dictionary=["source"],
            column_encoding=dict.fromkeys(TIMES, "DELTA_BINARY_PACKED"),
        ) as writer:
            waiting: list[pa.RecordBatch] = []
            rows = 0
            for batch in batches:
                waiting.append(batch)
                rows += batch.num_rows
                if rows >= size:
                    whole = rows - rows % size
                    table = pa.Table.from_batches(waiting)
                    writer.write_table(table.slice(0, whole), row_group_size=size)
                    waiting, rows = table.slice(whole).to_batches(), rows - whole
            writer.write_table(pa.Table.from_batches(waiting, columns))
        target.flush()
        os.fsync(target.fileno())


def _sync(folder: Path) -> None:
    """Make names in a folder as lasting as what they name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _named(place: Path) -> Generator[None]:
    """Say of errors of the disk where they happened."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise MeterhouseError(sentences.NOT_WRITTEN, file=place, reason=reason) from error
