"""Counters of meters as half-hourly readings of users, through the road that CSV readings take."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from etl import sentences_of_archive as sentences
from etl.config import Config
from etl.database.connection import lock_for_transaction
from etl.database.queries import integers
from etl.errors import MeterhouseError
from etl.inbox.fields import Times
from etl.inbox.files import InboxFile
from etl.inbox.rejects import Rejects
from etl.jobs.archive import parquet
from etl.jobs.archive.days import bounds
from etl.readings.batch import Rules
from etl.readings.csv_files import Reader, is_known
from etl.readings.load import Loader
from etl.runs import units
from etl.runs.job import Context
from etl.sources.influx import FIELDS, Points

INTERVAL = timedelta(minutes=30)
# A counter older than that does not say what it was at a boundary.
OLDEST = timedelta(minutes=5)
COUNTER = "energy_import_kwh"
EXACT_KWH = Decimal("0.000001")


def require_known_users(context: Context) -> None:
    """Refuse a map that names an unknown user.

    Raises
    ------
    MeterhouseError
        Naming each meter and its user.
    """
    if not context.config.archive_user_map:
        return
    known_ids = integers(context.sql("readings/user_ids"))
    wrong = [pair for pair in context.config.archive_user_map.items() if not is_known(known_ids, pair[1])]
    if wrong:
        pairs = ", ".join(f"{source}={user_id}" for source, user_id in wrong)
        raise MeterhouseError(sentences.NO_SUCH_USERS, pairs=pairs)


def load(context: Context, file: Path, at_end: Iterable[Points]) -> None:
    """Load the readings of the day's mapped meters, as a unit of work of their own.

    Parameters
    ----------
    context : Context
        Of the run.
    file : Path
        The day's Parquet file.
    at_end : iterable of Points
        Those at the very end of the day, which belong to the next.
    """
    if not context.config.archive_user_map:
        return
    counters = _counters(context.config, context.day, file, at_end)

    def work(context: Context, rejects: Rejects, balance: dict[str, Any]) -> bool:
        with TemporaryDirectory(prefix="meterhouse-") as folder:
            files = list(_files(context, Path(folder), counters))
            loader = _loader(context, rejects)
            loader.load(files)
        units.refuse_faults(context, rejects)
        balance.update({kind: asdict(loader.counts)[kind] for kind in units.KINDS})
        return loader.counts.inserted > 0

    lock_for_transaction(context.sql.connection, "readings")
    context.sql("readings/work_tables")
    units.run(context, "readings", work)


def energies(
    times: np.ndarray, counters: np.ndarray, starts: list[datetime]
) -> Iterator[tuple[datetime, Decimal]]:
    """Give the energy of each interval that both its boundaries are known of.

    Parameters
    ----------
    times : ndarray of datetime64[us]
        In UTC, ascending.
    counters : ndarray of float64
        In kWh; all known.
    starts : list of datetime
        The boundaries, in UTC.

    Yields
    ------
    (datetime, Decimal)
        Start of an interval, and kWh to 6 decimals; none where the counter falls within it.
    """
    instants = np.array([start.replace(tzinfo=None) for start in starts], "datetime64[us]")
    # The last point at a boundary or before it.
    at = np.searchsorted(times, instants, side="right") - 1
    is_fresh = (at >= 0) & (instants - times[at] <= np.timedelta64(OLDEST))
    falls = np.concatenate([[0], np.cumsum(np.diff(counters) < 0)])
    for one, other in pairwise(range(len(starts))):
        if is_fresh[one] and is_fresh[other] and falls[at[one]] == falls[at[other]]:
            before, after = (Decimal(repr(float(counters[at[place]]))) for place in (one, other))
            yield starts[one], (after - before).quantize(EXACT_KWH)


def _counters(config: Config, day: date, file: Path, at_end: Iterable[Points]) -> pd.DataFrame:
    """Read the known counters of the mapped meters, in order of time; some of the day before, one after."""
    sources = list(config.archive_user_map)
    start, _ = bounds(day, config.zone)
    late = ("ts_utc", ">=", start - OLDEST)
    wanted = ("source", "in", sources)
    parts = [
        pq.read_table(
            one, columns=["source", "ts_utc", COUNTER], filters=filters, partitioning=None
        ).to_pandas()
        for one, filters in (
            (parquet.path(config, day - timedelta(days=1)), [wanted, late]),
            (file, [wanted]),
        )
        if one.exists()
    ]
    parts += [_frame(points, config.source_default) for points in at_end]
    counters = pd.concat(parts) if parts else pd.DataFrame(columns=["source", "ts_utc", COUNTER])
    known = counters[counters["source"].isin(sources) & (counters[COUNTER] != 0)]
    return known.sort_values("ts_utc", kind="stable")


def _frame(points: Points, default: str) -> pd.DataFrame:
    counters = points.values[FIELDS.index(COUNTER)].fill_null(0.0).to_numpy()
    times = pd.to_datetime(np.asarray(points.times), unit="ns", utc=True).astype("datetime64[us, UTC]")
    return pd.DataFrame({"source": points.source or default, "ts_utc": times, COUNTER: counters})


def _files(context: Context, folder: Path, counters: pd.DataFrame) -> Iterator[InboxFile]:
    """Write each user's readings as the upstream system would; conflicts name the file."""
    config, day = context.config, context.day
    start, end = bounds(day, config.zone)
    starts = [start + INTERVAL * number for number in range((end - start) // INTERVAL + 1)]
    digits = 0 if config.consumption_unit == "kWh" else 3
    users: Mapping[str, int] = config.archive_user_map
    for source, points in counters.groupby("source"):
        times = points["ts_utc"].dt.tz_localize(None).to_numpy("datetime64[us]")
        lines = [
            f"{begun.isoformat()},{energy.scaleb(digits):f}\n"
            for begun, energy in energies(times, points[COUNTER].to_numpy(), starts)
        ]
        file = InboxFile(folder, f"archive/dt={day}/{users[str(source)]}.csv")
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_text("datetime,consumption\n" + "".join(lines))
        yield file


def _loader(context: Context, rejects: Rejects) -> Loader:
    config = context.config
    known_ids = integers(context.sql("readings/user_ids"))
    return Loader(
        sql=context.sql,
        config=config,
        reader=Reader(known_ids, config.csv_encoding, config.max_expanded_mb << 20, context.check),
        rules=Rules(Times.until_now(config.zone), known_ids, config.csv_encoding),
        rejects=rejects,
        on_progress=lambda _counts, _files: None,
        check=context.check,
    )
