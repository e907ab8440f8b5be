"""The days that one call runs a job for: those asked for, then the late ones that the runs tell of."""

from collections.abc import Iterator
from datetime import date

from etl.runs.record import Record


class Agenda:
    """Gives every day once: what arrives for a day that had its turn is for the next call.

    Parameters
    ----------
    asked : list of date
        In order.
    late : bool
        Whether late days follow.
    """

    def __init__(self, asked: list[date], late: bool) -> None:
        self._asked = asked
        self._late = late
        self._told: list[date] = []
        self.asked_over = False

    def __iter__(self) -> Iterator[date]:
        """Give the days; between two of them `learn` may tell of more."""
        done: set[date] = set()
        for day in self._asked:
            if self.asked_over:
                break
            done.add(day)
            yield day
        self.asked_over = True
        while self._late and (left := [day for day in self._told if day not in done]):
            done.add(left[0])
            yield left[0]

    def end_asked(self) -> None:
        """Give no more of the days asked for; late ones still."""
        self.asked_over = True

    def learn(self, record: Record | None) -> None:
        """Take the late days that a run found; one that found nothing out changes nothing."""
        if record and "late_dates" in record.metadata:
            self._told = [date.fromisoformat(day) for day in record.metadata["late_dates"]]
