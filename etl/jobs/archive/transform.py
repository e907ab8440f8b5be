"""Points of InfluxDB as rows of `raw_meter_readings`: each instant of a source once, nothing missing."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from etl.inbox.counts import Counts
from etl.sources.influx import FIELDS, Points

NANOSECONDS = 1_000


def schema(zone: ZoneInfo) -> pa.Schema:
    """Give the columns of the table, in order; times in microseconds.

    Parameters
    ----------
    zone : ZoneInfo
        Of `ts_jst`: the local time, whatever the name says.
    """
    utc = pa.timestamp("us", tz="UTC")
    return pa.schema(
        [
            ("ts_utc", utc),
            ("ts_jst", pa.timestamp("us", tz=zone.key)),
            ("source", pa.string()),
            *((name, pa.float64()) for name in FIELDS),
            ("ingested_at", utc),
        ]
    )


@dataclass
class Transform:
    """Makes rows of the points of one day.

    Attributes
    ----------
    zone : ZoneInfo
        Of `ts_jst`.
    default : str
        The source of points without a tag.
    ingested_at : datetime
        Of all rows, in UTC.
    counts : Counts
        What became of the points so far: of those of one source at one instant the first is a row.
    repeated : set of str
        The sources that had others.
    """

    zone: ZoneInfo
    default: str
    ingested_at: datetime
    counts: Counts = field(default_factory=Counts)
    repeated: set[str] = field(default_factory=set)
    # Of points without a tag: the default's own points are met later.
    _untagged: list[np.ndarray] = field(default_factory=list)
    _last: tuple[str, int] = ("", -1)

    def rows(self, points: Points) -> pa.RecordBatch:
        """Make rows of some points.

        Parameters
        ----------
        points : Points
            Of one source, ascending by time; all of one source come one after the other, those without a
            tag first.

        Returns
        -------
        RecordBatch
            As `schema` says.
        """
        source = points.source or self.default
        times = np.asarray(points.times) // NANOSECONDS
        first = self._is_first(points.source, times)
        self.counts.read += len(times)
        self.counts.inserted += int(first.sum())
        if not first.all():
            self.counts.repeated += int((~first).sum())
            self.repeated.add(source)
        values = [column.fill_null(0.0).filter(pa.array(first)) for column in points.values]
        return self._batch(source, pa.array(times[first]), values)

    def _is_first(self, tag: str, times: np.ndarray) -> np.ndarray:
        """Say which points are the first of their source and instant."""
        known, before = self._last
        first = np.diff(times, prepend=before if tag == known else -1) != 0
        self._last = (tag, int(times[-1]))
        if not tag:
            self._untagged.append(times)
        elif tag == self.default:
            for untagged in self._untagged:
                first &= ~np.isin(times, untagged)
        return first

    def _batch(self, source: str, times: pa.Array, values: list[pa.Array]) -> pa.RecordBatch:
        columns = schema(self.zone)
        moment = int(self.ingested_at.timestamp() * 1e6)
        constant = [pa.repeat(value, len(times)) for value in (pa.scalar(source), pa.scalar(moment))]
        arrays = [times, times, constant[0], *values, constant[1]]
        cast = [array.cast(column.type) for array, column in zip(arrays, columns, strict=True)]
        return pa.RecordBatch.from_arrays(cast, schema=columns)
