"""The aggregates made anew, after somebody patched the data."""

from typing import ClassVar

from etl.database.connection import lock_for_transaction
from etl.readings import aggregates
from etl.runs import dataset
from etl.runs.job import Context


class Rebuild:
    """Recompute the aggregates of the consumption job, as a run of it."""

    name: ClassVar[str] = "consumption"
    date_driven: ClassVar[bool] = False

    def run(self, context: Context) -> None:
        """Recompute everything and tell readers that figures have changed."""
        context.record.metadata["mode"] = "rebuild"
        lock_for_transaction(context.sql.connection, "readings")
        dataset.require_same(context.sql, context.config)
        aggregates.rebuild(context.sql, context.config.tz)
        context.sql("dataset/raise_data_version")
