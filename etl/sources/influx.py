"""Readings of meters out of InfluxDB, all that there are of some hours, or an error."""

from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pyarrow as pa

from etl import sentences_of_archive as sentences
from etl.config import Config
from etl.sources import influx_columns
from etl.sources.ahead import ahead
from etl.sources.influx_http import Http
from etl.sources.influxql import Series, quoted, series

FIELDS = ("instant_power_w", "energy_import_kwh", "energy_export_kwh")
TAG = "source"
# Where a field has values of one of these, a query for numbers shows them as missing.
NO_NUMBERS = {"string": sentences.TEXT, "boolean": sentences.TRUE_OR_FALSE}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Points(NamedTuple):
    """Some points of one source.

    Attributes
    ----------
    source : str
        Its tag; empty where it is missing.
    times : pyarrow.Array of int64
        Nanoseconds since 1970-01-01 UTC, ascending; repeated where points differ in other tags.
    values : tuple of pyarrow.Array of float64
        One for each of `FIELDS`; null where a field is missing.
    """

    source: str
    times: pa.Array
    values: tuple[pa.Array, ...]


class Influx:
    """The measurement of the settings.

    Parameters
    ----------
    config : Config
        Where it is.
    check : callable
        Raises if the run is to stop; called several times a second.
    """

    def __init__(self, config: Config, check: Callable[[], None]) -> None:
        self._config = config
        self._http = Http(config)
        self._check = check

    def points(self, start: datetime, end: datetime) -> Generator[Points]:
        """Read all points of a time.

        Parameters
        ----------
        start, end : datetime
            With a zone; the end is not part of it.

        Yields
        ------
        Points
            Sorted by source; the pieces of one source follow each other.

        Raises
        ------
        SourceFailed
            If anything is missing or no number. Only when it ends without, what was yielded is whole.
        """
        span, what = f"FROM {self._measurement} {_between(start, end)}", self._asked(start, end)
        # First of all: it tells of an unknown database, as SHOW MEASUREMENTS does not.
        for kind in NO_NUMBERS:
            self._require_none(kind, span, what)
        self._require_measurement(what)
        fields = ", ".join(map(quoted, FIELDS))
        statement = f"SELECT {fields} {span} GROUP BY {quoted(TAG)}"
        yield from ahead(self._pieces(statement, what), self._check)

    def require_empty(self, start: datetime, end: datetime) -> None:
        """Refuse an empty answer that does not mean that there is nothing.

        Parameters
        ----------
        start, end : datetime
            Of `points`, which gave none.

        Raises
        ------
        SourceFailed
            If another retention policy has points of that time, or no point ever had one of `FIELDS`.
        """
        what, fields = self._asked(start, end), ", ".join(map(quoted, FIELDS))
        policies = self._ask(f"SHOW RETENTION POLICIES ON {quoted(self._config.influx_bucket)}", what)
        for policy in (name for one in policies for name, *_, is_default in one["values"] if not is_default):
            rest = f"FROM {quoted(policy)}.{self._measurement} {_between(start, end)} LIMIT 1"
            if self._ask(f"SELECT {fields} {rest}", what):
                came = sentences.OTHER_POLICY % {"policy": repr(policy)}
                self._http.fail(what, came, sentences.MAKE_DEFAULT)
        keys = self._ask(f"SHOW FIELD KEYS FROM {self._measurement}", what)
        if not {name for one in keys for name, _ in one["values"]} & set(FIELDS):
            names = {"measurement": repr(self._config.influx_measurement), "fields": ", ".join(FIELDS)}
            self._http.fail(what, sentences.NO_FIELDS % names, sentences.CHECK_FIELDS)

    def tag_keys(self) -> list[str]:
        """Name the tags that points of the measurement have.

        Returns
        -------
        list of str
            In alphabetical order.

        Raises
        ------
        SourceFailed
            If InfluxDB does not tell.
        """
        found = self._ask(f"SHOW TAG KEYS FROM {self._measurement}", sentences.ASKED_TAGS)
        return [key for one in found for (key,) in one["values"]]

    @property
    def _measurement(self) -> str:
        return quoted(self._config.influx_measurement)

    def _asked(self, start: datetime, end: datetime) -> str:
        asked = {"measurement": self._config.influx_measurement, "since": _utc(start), "until": _utc(end)}
        return sentences.ASKED_POINTS % asked

    def _ask(self, statement: str, what: str) -> list[Series]:
        return list(ahead(series(self._http, statement, what), self._check))

    def _require_none(self, kind: str, span: str, what: str) -> None:
        fields = ", ".join(f"{quoted(name)}::{kind}" for name in FIELDS)
        for found in self._ask(f"SELECT {fields} {span} LIMIT 1", what):
            time, *values = found["values"][0]
            name = next(name for name, value in zip(FIELDS, values, strict=True) if value is not None)
            moment = _utc(EPOCH + timedelta(microseconds=time // 1000))
            came = NO_NUMBERS[kind] % {"field": name, "moment": moment}
            self._http.fail(what, came, sentences.WRITE_NUMBERS)

    def _require_measurement(self, what: str) -> None:
        statement = f"SHOW MEASUREMENTS WITH MEASUREMENT = {self._measurement}"
        if not self._ask(statement, sentences.ASKED_MEASUREMENTS):
            config = self._config
            names = {"database": repr(config.influx_bucket), "measurement": repr(config.influx_measurement)}
            self._http.fail(what, sentences.NO_MEASUREMENT % names, sentences.CHECK_MEASUREMENT)

    def _pieces(self, statement: str, what: str) -> Generator[Points]:
        for found in series(self._http, statement, what, influx_columns.loads):
            times, *values = found["values"]
            yield Points(found["tags"][TAG], times, tuple(values))


def _between(start: datetime, end: datetime) -> str:
    return f"WHERE time >= {_ns(start)} AND time < {_ns(end)}"


def _ns(time: datetime) -> int:
    return (time - EPOCH) // timedelta(microseconds=1) * 1000


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
