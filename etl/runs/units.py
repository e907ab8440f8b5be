"""Units of work: parts of a run that are kept or rolled back whole, each for itself."""

from collections.abc import Callable
from typing import Any, Protocol

from etl import sentences
from etl.database.connection import savepoint
from etl.errors import FaultsFound, UnitRefused
from etl.inbox.counts import Counts
from etl.inbox.files import REJECTED, InboxFile
from etl.inbox.rejects import Rejects
from etl.inbox.unfinished import Unfinished
from etl.runs import dataset, notes
from etl.runs.job import Context

Balance = dict[str, Any]
Progress = Callable[[Counts, int], None]
# What can become of the lines of a unit's files.
KINDS = ("read", "inserted", "identical", "conflicting", "rejected")


class Loader(Protocol):
    """Loads the files of a unit and counts their lines."""

    counts: Counts

    def load(self, files: list[InboxFile]) -> None:
        """Load all files."""
        ...


def run(context: Context, name: str, work: Callable[[Context, Rejects, Balance], bool]) -> None:
    """Run one unit of work in its savepoint.

    Parameters
    ----------
    context : Context
        Of the run; gets the unit's faults, files to move, and its balance in the record.
    name : str
        Of the unit.
    work : callable
        Given the context, where faults go and where the balance goes; says whether it changed facts.
    """
    rejects = Rejects()
    balance: Balance = {}
    moves, changed = len(context.moves), False
    units = context.record.metadata.setdefault("units", {})
    known = set(units)
    context.unfinished = Unfinished()
    try:
        with savepoint(context.sql.connection, name):
            changed = work(context, rejects, balance)
    except UnitRefused as refused:
        del context.moves[moves:]
        context.record.count(name, Counts(read=context.record.units.get(name, Counts()).read))
        parts = [units[part] for part in units.keys() - known]
        for one in [*parts, balance] if balance or not parts else parts:
            one["rolled_back"] = True
        context.errors.append(sentences.ROLLED_BACK % {"unit": name} + str(refused))
        context.record.error_count += not isinstance(refused, FaultsFound)
    finally:
        notes.unfinished_files(context, context.unfinished)
    context.rejects.merge(rejects)
    context.record.error_count += rejects.faults
    if balance:
        units[name] = balance
    if not units:
        del context.record.metadata["units"]
    context.figures_changed |= changed


def settle_faults(context: Context, name: str, rejects: Rejects, on_error: str) -> None:
    """End a unit that has faults; if they are to be quarantined, note that the rest is loaded."""
    if not rejects.faults:
        return
    if on_error == "abort":
        raise FaultsFound(rejects.summary())
    context.errors.append(sentences.LOADED_BUT_FOR % {"unit": name} + rejects.summary())


def load_files(
    context: Context,
    files: list[InboxFile],
    make: Callable[[Context, Rejects, Progress], Loader],
    rejects: Rejects,
    balance: Balance,
    *,
    name: str,
    source: str,
) -> bool:
    """Load a unit's files, whose lines are kept, or those without faults with `--on-error quarantine`.

    Parameters
    ----------
    context : Context
        Of the run.
    files : list of InboxFile
        In the order that decides which of two repeats is first; none, or a late date: nothing is done.
    make : callable
        Makes the loader when there is something to load.
    rejects : Rejects
        Where faults go.
    balance : dict
        Where the counts go.
    name, source : str
        Of the unit, and of the kind of its files.

    Returns
    -------
    bool
        Whether anything was inserted.

    Raises
    ------
    UnitRefused
        If nothing is kept.
    """
    if not files or not context.reads_inbox:
        return False
    context.record.data_source.append(source)
    dataset.register(context.sql, context.config)

    def on_progress(counts: Counts, files_done: int) -> None:
        context.record.count(name, counts)
        context.on_progress(files_done, len(files))

    loader = make(context, rejects, on_progress)
    try:
        loader.load(files)
        settle_faults(context, name, rejects, context.options.on_error)
    finally:
        context.record.count(name, loader.counts)
        balance.update(loader.counts.parts(KINDS))
    keep(context, files, rejects)
    return loader.counts.inserted > 0


def keep(context: Context, files: list[InboxFile], rejects: Rejects) -> None:
    """Let the files of a unit move once the run is committed: those with faults to `rejected/`."""
    for file in files:
        if file.name in rejects.files:
            file.destination = REJECTED
    context.moves += files
