"""Partitions of `reading`: made when a reading needs one, a local month or a local day wide."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from time import monotonic
from typing import NamedTuple

import numpy as np

from etl import sentences
from etl.config import Config
from etl.database.queries import Sql
from etl.errors import UnitRefused
from etl.inbox.fields import microseconds
from etl.log import log


class Detached(NamedTuple):
    """A partition that is not attached yet: its name and half-open bounds in microseconds since 1970 UTC."""

    name: str
    begin: int
    end: int


class Partitions:
    """The partitions that one run adds.

    Parameters
    ----------
    sql : Sql
        Inside the readings unit's savepoint.
    config : Config
        Time zone, from how many users on partitions are days, and how many a run may add.
    """

    def __init__(self, sql: Sql, config: Config) -> None:
        self._sql = sql
        self._config = config
        self._covered: set[date] = set()
        self._added: list[str] = []
        self._detached: dict[str, Detached] = {}

    def covers(self, dates: set[date]) -> bool:
        """Whether every one of the dates is known to lie in a partition."""
        return dates <= self._covered

    def cover(self, dates: set[date]) -> None:
        """Make sure that every local date lies in a partition; a new one is detached until `attach`."""
        unseen = sorted(dates - self._covered)
        missing = self._sql(
            "readings/missing_partitions",
            batched=True,
            dates=unseen,
            tz=self._config.tz,
            day_partitions_from=self._config.day_partitions_from_users,
        )
        missing = [row for row in missing if row[0] not in self._detached]
        most = self._config.max_new_partitions
        if len(self._added) + len(missing) > most:
            raise UnitRefused(sentences.TOO_MANY_PARTITIONS, most=most)
        for name, starts_at, ends_at in missing:
            self._add(name, starts_at, ends_at)
        self._covered.update(unseen)

    @property
    def detached(self) -> list[Detached]:
        """Those made in this run that are not attached yet."""
        return list(self._detached.values())

    def attach(self, partition: Detached) -> None:
        """Give a detached partition its key, and attach it."""
        started = monotonic()
        starts_at, ends_at = (
            np.datetime64(at, "us").item().replace(tzinfo=UTC) for at in (partition.begin, partition.end)
        )
        self._sql(
            "readings/attach_partition",
            batched=True,
            partition=partition.name,
            starts_at=starts_at,
            ends_at=ends_at,
        )
        del self._detached[partition.name]
        log.info("partition attached", partition=partition.name, seconds=round(monotonic() - started, 3))

    def keep(self) -> Callable[[], None]:
        """Begin a savepoint within; what is returned goes back to the state as it is now."""
        added, covered, detached = list(self._added), set(self._covered), dict(self._detached)

        def restore() -> None:
            self._added, self._covered, self._detached = added, covered, detached

        return restore

    def analyze(self) -> None:
        """Give the planner statistics of the new partitions; of the parent it takes too long."""
        if self._added:
            self._sql("readings/analyze_partitions", names=self._added)

    def _add(self, name: str, starts_at: datetime, ends_at: datetime) -> None:
        self._sql("readings/add_partition", batched=True, partition=name)
        self._added.append(name)
        self._detached[name] = Detached(name, microseconds(starts_at), microseconds(ends_at))
        log.info("partition added", partition=name, starts_at=str(starts_at), ends_at=str(ends_at))
