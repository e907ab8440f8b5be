"""Units of work: parts of a run that are kept or rolled back whole, each for itself."""

from collections.abc import Callable
from typing import Any

from etl import db, inbox
from etl.errors import FaultsFound, UnitRefused
from etl.inbox import InboxFile
from etl.jobs.base import Context
from etl.rejects import Rejects

Balance = dict[str, Any]


def run(context: Context, name: str, work: Callable[[Context, Rejects, Balance], bool]) -> bool:
    """Run one unit of work in its savepoint.

    Parameters
    ----------
    context : Context
        Of the run; gets the unit's faults, files to move, and its balance in the record.
    name : str
        Of the unit.
    work : callable
        Given the context, where faults go and where the balance goes; says whether it changed facts.

    Returns
    -------
    bool
        True if it changed facts; a unit that was refused did not.
    """
    rejects = Rejects()
    balance: Balance = {}
    moves, changed = len(context.moves), False
    try:
        with db.savepoint(context.sql.connection, name):
            changed = work(context, rejects, balance)
    except UnitRefused as refused:
        del context.moves[moves:]
        balance["rolled_back"] = True
        context.errors.append(f"{name} rolled back: {refused}")
        context.record.error_count += not isinstance(refused, FaultsFound)
    context.rejects.merge(rejects)
    context.record.error_count += rejects.faults
    if balance:
        context.record.metadata.setdefault("units", {})[name] = balance
    return changed


def refuse_faults(context: Context, rejects: Rejects) -> None:
    """End a unit whose files have faults, unless they are to be quarantined.

    Raises
    ------
    FaultsFound
        With the kinds and the first.
    """
    if rejects.faults and context.options.on_error == "abort":
        raise FaultsFound(rejects.summary())


def keep(context: Context, name: str, files: list[InboxFile], rejects: Rejects) -> None:
    """Let the files of a unit move once the run is committed: those with faults to `rejected/`."""
    if rejects.faults:
        context.errors.append(f"{name} loaded but for {rejects.summary()}")
    for file in files:
        if file.name in rejects.files:
            file.destination = inbox.REJECTED
    context.moves += files


def show(context: Context, counts: Any) -> None:
    """Write counts of lines into the record.

    Parameters
    ----------
    context : Context
        Of the run.
    counts : ReadingCounts or OrderCounts
        read, inserted, identical, conflicting.
    """
    record = context.record
    record.input_count = counts.read
    record.inserted_count = counts.inserted
    record.skipped_count = counts.identical + counts.conflicting
    record.skip_breakdown = {"identical": counts.identical, "conflicting": counts.conflicting}
