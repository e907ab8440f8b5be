"""What a job is: a name, and one function that works inside the pipeline's transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Protocol, runtime_checkable

from etl.config import Config
from etl.database.queries import Sql
from etl.inbox.files import InboxFile
from etl.inbox.rejects import Rejects
from etl.inbox.unfinished import Unfinished
from etl.runs.record import Record
from etl.runs.requests import Options


@dataclass
class Context:
    """What the pipeline hands to a job.

    Attributes
    ----------
    sql : Sql
        The data connection, inside the run's transaction.
    config, day, options
        Settings, the run's date, what it reads and how it treats faults.
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
    figures_changed : bool
        Whether readers see other figures after the commit: caches go by it.
    reads_inbox : bool
        Not for late dates: what the run before them has left of the inbox was refused.
    is_last : bool
        Whether no other date of the same range is to follow.
    unfinished : Unfinished
        Files of this unit whose last line has no end go here.
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
    figures_changed: bool = False
    reads_inbox: bool = True
    is_last: bool = True
    unfinished: Unfinished = field(default_factory=Unfinished)


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


@runtime_checkable
class Verifiable(Job, Protocol):
    """A job that can compare what it has derived with what that is derived from.

    Attributes
    ----------
    agreed, differing : str
        What is said when all agrees, and of %(count)s differences.
    """

    agreed: ClassVar[str]
    differing: ClassVar[str]

    def differences(self, sql: Sql, config: Config, span: tuple[date, date] | None) -> list[str]:
        """Give a sentence for each difference; of the local dates [first, end), or of all."""
        ...
