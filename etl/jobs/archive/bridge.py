"""Counters of meters as half-hourly readings of users, through the road that CSV readings take."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Context as Arithmetic
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from etl import sentences_of_archive as sentences
from etl.config import Config
from etl.database.connection import lock_for_transaction
from etl.database.queries import integers
from etl.errors import MeterhouseError
from etl.inbox.files import InboxFile
from etl.inbox.rejects import Rejects
from etl.jobs.archive import parquet
from etl.jobs.archive.days import bounds
from etl.readings.csv_files import is_known
from etl.readings.load import Loader
from etl.runs import units
from etl.runs.job import Context
from etl.sources.influx import FIELDS, Influx, Points

INTERVAL = timedelta(minutes=30)
# A counter older than that does not say what it was at a boundary.
OLDEST = timedelta(minutes=5)
COUNTER = "energy_import_kwh"
EXACT_KWH = Decimal("0.000001")
AN_INSTANT = timedelta(microseconds=1)
# Room for the difference of any two doubles: what no meter can count is refused as any bad reading is.
ROOMY = Arithmetic(prec=700)
NOTHING = np.array([], "datetime64[us]"), np.array([], float)


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


def texts(context: Context, file: Path, influx: Influx) -> dict[int, str]:
    """Write each mapped user's readings of the day as the upstream system would.

    Parameters
    ----------
    context : Context
        Of the run.
    file : Path
        The day's Parquet file.
    influx : Influx
        For the very first instant of the next day, which is this day's last boundary.

    Returns
    -------
    dict of int to str
        The CSV of each user whose meter has points.
    """
    config = context.config
    if not config.archive_user_map:
        return {}
    start, end = bounds(context.day, config.zone)
    starts = [start + INTERVAL * number for number in range((end - start) // INTERVAL + 1)]
    at_end = _first_counters(influx.points(end, end + AN_INSTANT), config.source_default)
    made = {}
    for source, user_id in config.archive_user_map.items():
        times, counters = _counters(config, context.day, file, source, at_end.get(source))
        if len(times):
            made[user_id] = _csv(energies(times, counters, starts), config.consumption_unit)
    return made


def load(context: Context, readings: Mapping[int, str]) -> None:
    """Load readings, as a unit of work of their own.

    Parameters
    ----------
    context : Context
        Of the run.
    readings : mapping of int to str
        From `texts`. Conflicts name a file after the day and the user.
    """
    if not readings:
        return

    def work(context: Context, rejects: Rejects, balance: dict[str, Any]) -> bool:
        with TemporaryDirectory(prefix="meterhouse-") as folder:
            loader = Loader.of(
                context.sql,
                context.config,
                rejects,
                lambda _counts, _files: None,
                check=context.check,
                unfinished=context.unfinished,
            )
            loader.load([_file(Path(folder), context.day, *one) for one in readings.items()])
        units.settle_faults(context, "readings", rejects, context.options.on_error)
        balance.update(loader.counts.parts(units.KINDS))
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
            yield starts[one], ROOMY.quantize(ROOMY.subtract(after, before), EXACT_KWH)


def _first_counters(pieces: Iterable[Points], default: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Give time and counter of the first point of each source, as the archive keeps it."""
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for points in pieces:
        time = np.asarray(points.times)[:1].astype("datetime64[ns]").astype("datetime64[us]")
        counter = points.values[FIELDS.index(COUNTER)].fill_null(0.0).to_numpy()[:1]
        found.setdefault(points.source or default, (time, counter))
    return found


def _counters(
    config: Config, day: date, file: Path, source: str, at_end: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray, np.ndarray]:
    """Read a meter's known counters, in order of time; some of the day before, one of the day after."""
    start, _ = bounds(day, config.zone)
    wanted = ("source", "==", source)
    late = ("ts_utc", ">=", start - OLDEST)
    before = parquet.path(config, day - timedelta(days=1))
    parts = [_read(one, filters) for one, filters in ((before, [wanted, late]), (file, [wanted]))]
    times, counters = (np.concatenate(columns) for columns in zip(*parts, at_end or NOTHING, strict=True))
    # Points without a tag stand before those of the default meter that have one.
    order = np.argsort(times, kind="stable")
    known = order[counters[order] != 0]
    return times[known], counters[known]


def _read(file: Path, filters: list[tuple[str, str, Any]]) -> tuple[np.ndarray, np.ndarray]:
    if not file.exists():
        return NOTHING
    table = pq.read_table(file, columns=["ts_utc", COUNTER], filters=filters, partitioning=None)
    return table["ts_utc"].to_numpy().astype("datetime64[us]"), table[COUNTER].to_numpy()


def _csv(readings: Iterable[tuple[datetime, Decimal]], unit: str) -> str:
    digits = 0 if unit == "kWh" else 3
    lines = [f"{begun.isoformat()},{energy.scaleb(digits, ROOMY):f}\n" for begun, energy in readings]
    return "datetime,consumption\n" + "".join(lines)


def _file(folder: Path, day: date, user_id: int, text: str) -> InboxFile:
    file = InboxFile(folder, f"archive/dt={day}/{user_id}.csv")
    file.path.parent.mkdir(parents=True, exist_ok=True)
    file.path.write_text(text)
    return file
