"""Staged load: readings that may be there already go through a temporary table."""

from typing import Any

import pandas as pd

from etl.database.copy_rows import DECIMALS, Numeric, to_rows
from etl.database.copy_thread import Writer
from etl.database.queries import Sql
from etl.readings.batch import Outcome


class StagedLoad:
    """Stages readings, and inserts those that are new.

    Parameters
    ----------
    sql : Sql
        Inside the readings unit's savepoint.
    writer : Writer
        On the same connection.
    wh_per_unit : int
        What a unit of the files is in Wh.
    tz : str
        In which dates and hours are meant.
    """

    def __init__(self, sql: Sql, writer: Writer, wh_per_unit: int, tz: str) -> None:
        self._sql = sql
        self._writer = writer
        self._wh_per_unit = wh_per_unit
        self._tz = tz

    def take(self, frame: pd.DataFrame, limit: int) -> Outcome:
        """Register and book readings."""
        staged = len(frame)
        self._writer.copy("staged_reading", _rows(frame), staged)
        self._writer.wait()
        span = self._span(frame)
        same, different = self._compare(span)
        inserted = 0
        if same + different < staged:
            inserted = self._insert()
        if same + different + inserted < staged:
            # Some repeat one another: now all have something to be compared with.
            same, different = self._compare(span)
            same -= inserted
        listed = []
        if different and limit:
            listed = self._sql("readings/list_conflicts", batched=True, most=limit, **span)
        self._sql("readings/clear_batch", batched=True)
        return Outcome(inserted, same, different, tuple(listed))

    def _span(self, frame: pd.DataFrame) -> dict[str, Any]:
        return {
            "wh_per_unit": self._wh_per_unit,
            "first_user": int(frame["user_id"].min()),
            "last_user": int(frame["user_id"].max()),
            "first": frame["measured_at"].min(),
            "last": frame["measured_at"].max(),
        }

    def _compare(self, span: dict[str, Any]) -> tuple[int, int]:
        return self._sql("readings/compare_with_stored", batched=True, **span)

    def _insert(self) -> int:
        inserted = self._sql("readings/insert_readings", batched=True, wh_per_unit=self._wh_per_unit)
        self._sql("readings/book_cells", batched=True, tz=self._tz, sign=1)
        self._sql("readings/book_users", batched=True)
        return inserted


def _rows(frame: pd.DataFrame) -> bytes:
    return to_rows(
        frame["file_no"].to_numpy(),
        frame["line_no"].to_numpy(),
        frame["user_id"].to_numpy(),
        frame["measured_at"].dt.tz_localize(None).to_numpy(),
        Numeric(frame["energy"].to_numpy(), DECIMALS),
    )
