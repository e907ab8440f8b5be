"""The aggregates made anew, after somebody patched the data."""

from typing import ClassVar

from etl.database.connection import lock_for_transaction
from etl.readings import aggregates
from etl.runs.job import Context


class Rebuild:
    """Recompute the aggregates of the consumption job, as a run of it."""

    name: ClassVar[str] = "consumption"
    date_driven: ClassVar[bool] = False

    def run(self, context: Context) -> None:
        """Recompute everything."""
        context.record.metadata["mode"] = "rebuild"
        lock_for_transaction(context.sql.connection, "readings")
        aggregates.rebuild(context.sql, context.config.tz)
        context.figures_changed = True
