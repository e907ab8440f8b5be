"""Partitions of `reading`: made when a reading needs one, a local month or a local day wide."""

from datetime import date

from psycopg2 import sql as composed

from etl.config import Config
from etl.errors import UnitRefused
from etl.log import log
from etl.queries import Sql


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

    def cover(self, dates: set[date]) -> None:
        """Make sure that every local date lies in a partition.

        Parameters
        ----------
        dates : set of date
            Local dates on which there are readings.

        Raises
        ------
        UnitRefused
            If the run would add more than MAX_NEW_PARTITIONS.
        """
        unseen = sorted(dates - self._covered)
        if not unseen:
            return
        missing = self._sql(
            "consumption/missing_partitions",
            batched=True,
            dates=unseen,
            tz=self._config.tz,
            day_partitions_from=self._config.day_partitions_from_users,
        )
        most = self._config.max_new_partitions
        if len(self._added) + len(missing) > most:
            raise UnitRefused(
                f"these readings need more than {most} new partitions; if the dates are right,"
                " raise MAX_NEW_PARTITIONS and run again"
            )
        for name, starts_at, ends_at in missing:
            self._add(name, starts_at, ends_at)
        self._covered.update(unseen)

    @property
    def added(self) -> int:
        """How many there are so far."""
        return len(self._added)

    def undo_to(self, added: int) -> None:
        """Forget those past the first `added`: a savepoint was rolled back.

        Parameters
        ----------
        added : int
            What the property `added` said before it.
        """
        del self._added[added:]
        self._covered.clear()

    def analyze(self) -> None:
        """Give the planner statistics of the new partitions; of the parent it takes too long."""
        with self._sql.connection.cursor() as cursor:
            for name in self._added:
                cursor.execute(composed.SQL("ANALYZE {}").format(composed.Identifier(name)))

    def _add(self, name: str, starts_at: object, ends_at: object) -> None:
        # CREATE .. LIKE and ATTACH let readers go on; CREATE .. PARTITION OF would block them till commit.
        table = composed.Identifier(name)
        with self._sql.connection.cursor() as cursor:
            cursor.execute(composed.SQL("CREATE TABLE {} (LIKE reading INCLUDING ALL)").format(table))
            cursor.execute(
                composed.SQL("ALTER TABLE reading ATTACH PARTITION {} FOR VALUES FROM (%s) TO (%s)").format(
                    table
                ),
                (starts_at, ends_at),
            )
        self._added.append(name)
        log.info("partition added", partition=name, starts_at=str(starts_at), ends_at=str(ends_at))
