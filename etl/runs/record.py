"""One run, as it goes and as it ended."""

import uuid
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from resource import RUSAGE_SELF, getrusage
from typing import Any

from etl.inbox.counts import Counts

SUMMARY_LENGTH = 512


@dataclass
class Record:
    """One run, as its row, the --json output and the API show it."""

    job_name: str
    metadata: dict[str, Any]
    zone: tzinfo = UTC
    # What the run is about, where runs of one job go on side by side.
    subject: str = ""
    id: int | None = None
    execution_uuid: str = field(default_factory=lambda: str(uuid.uuid4()))
    data_source: list[str] = field(default_factory=list)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished_at: datetime | None = None
    duration_seconds: int | None = None
    input_count: int = 0
    inserted_count: int = 0
    skipped_count: int = 0
    error_count: int = 0
    skip_breakdown: dict[str, int] | None = None
    status: str = "RUNNING"
    error_summary: str | None = None
    next_scheduled_for: datetime | None = None
    # Of each unit of work; the counts of the run are their sums.
    units: dict[str, Counts] = field(default_factory=dict)

    def count(self, unit: str, counts: Counts) -> None:
        """Show what became of the lines of a unit.

        Parameters
        ----------
        unit : str
            Its name.
        counts : Counts
            So far.
        """
        self.units[unit] = replace(counts)
        total = Counts()
        for one in self.units.values():
            total.add(one)
        self.input_count, self.inserted_count = total.read, total.inserted
        self.skipped_count, self.skip_breakdown = sum(total.skipped.values()), total.skipped

    def end(self, error: str | None) -> None:
        """Close the record: SUCCESS, or FAILURE with what went wrong.

        Parameters
        ----------
        error : str or None
            What went wrong; cut to 512 characters.
        """
        self.finished_at = datetime.now(UTC)
        self.duration_seconds = int((self.finished_at - self.started_at).total_seconds())
        self.status = "FAILURE" if error else "SUCCESS"
        self.error_summary = error[:SUMMARY_LENGTH] if error else None
        seconds = (self.finished_at - self.started_at).total_seconds()
        self.metadata["rows_per_second"] = round(self.input_count / seconds) if seconds > 0 else None
        # In kB on Linux.
        self.metadata["peak_rss_bytes"] = getrusage(RUSAGE_SELF).ru_maxrss << 10

    def roll_back(self) -> None:
        """Take back what the record says of rows: nothing of the run was kept."""
        self.inserted_count = self.skipped_count = 0
        self.skip_breakdown = None
        self.error_count = max(self.error_count, 1)
        for balance in self.metadata.get("units", {}).values():
            balance["rolled_back"] = True

    def as_json(self) -> dict[str, Any]:
        """Return the record with times in ISO 8601, on the clock of its zone."""
        shown = {key: value for key, value in asdict(self).items() if key not in ("zone", "units")}
        return {
            key: value.astimezone(self.zone).isoformat() if isinstance(value, datetime) else value
            for key, value in shown.items()
        }
