"""What a job is: a name, and one function that works inside the pipeline's transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, Protocol

from etl.config import Config
from etl.database.queries import Sql
from etl.inbox.files import InboxFile
from etl.inbox.rejects import Rejects
from etl.runs.record import Record

# Whoever else starts a run does so in the viewer, and is named in its metadata.
COMMAND_LINE = ("cli", "schedule")


@dataclass(frozen=True)
class Options:
    """What a run is to read, how it treats what it finds, and who started it.

    Attributes
    ----------
    on_error : str
        `abort` or `quarantine`.
    allow_shrink, dry_run : bool
        As on the command line.
    triggered_by : str
        One of `COMMAND_LINE`, or an account's name.
    user_ids : tuple of int
        Only these users' own files, and no master or user file; empty: everything.
    sources : tuple of str
        Only these kinds of the inbox; empty: all.
    asked : dict or None
        The options as they were asked for in the viewer.
    """

    on_error: str = "abort"
    allow_shrink: bool = False
    dry_run: bool = False
    triggered_by: str = COMMAND_LINE[0]
    user_ids: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    asked: dict[str, Any] | None = None

    @property
    def reads_all(self) -> bool:
        """Whether all of the inbox is meant."""
        return not self.user_ids and not self.sources

    def reads(self, source: str) -> bool:
        """Whether this kind of the inbox is meant."""
        if self.user_ids and source != "consumption":
            return False
        return not self.sources or source in self.sources

    def as_metadata(self) -> dict[str, Any]:
        """Return what the run's row says of them; limits only where there are any."""
        limits = {"user_ids": list(self.user_ids), "sources": list(self.sources), "options": self.asked}
        return {
            "on_error": self.on_error,
            "allow_shrink": self.allow_shrink,
            "triggered_by": self.triggered_by,
            **{key: value for key, value in limits.items() if value},
        }


@dataclass
class Context:
    """What the pipeline hands to a job.

    Attributes
    ----------
    sql : Sql
        The data connection, inside the run's transaction.
    config, day, options
        Settings, the run's date, how to treat faults.
    record : Record
        Counts and sources go here; the pipeline writes it.
    rejects : Rejects
        Faults go here.
    on_progress : callable
        Called with the numbers of done and of all pieces of work; shows the counts.
    check : callable
        Raises when the run is to stop.
    moves : list of InboxFile
        Files to move once the run is committed.
    errors : list of str
        Sentences; any makes the run a FAILURE without rolling back what a job kept.
    """

    sql: Sql
    config: Config
    day: date
    options: Options
    record: Record
    rejects: Rejects
    on_progress: Callable[[int, int], None]
    check: Callable[[], None]
    moves: list[InboxFile] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class Job(Protocol):
    """One job.

    Attributes
    ----------
    name : str
        In history, lock and `--job`.
    date_driven : bool
        Whether a range of dates means a run for each.
    """

    name: ClassVar[str]
    date_driven: ClassVar[bool]

    def run(self, context: Context) -> None:
        """Do the work; an exception rolls everything back."""
        ...
