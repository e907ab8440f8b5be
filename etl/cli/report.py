"""What an operator sees: a progress bar while it lasts, and at the end what happened and what to do."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date

from tqdm import tqdm

from etl.runs.notes import TAKEN
from etl.runs.record import Record
from etl.runs.run import Run, Show

SHOWN = {"reject": 20, "conflict": 5}
DATES_SHOWN = NAMES_SHOWN = 5


class Terminal:
    """Tells a person at a terminal, or whoever reads cron's log, how runs go.

    Parameters
    ----------
    quiet : bool
        Only say what could not start: the runs are printed as JSON.
    """

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet

    @contextmanager
    def progress(self) -> Generator[Show]:
        """Show the files done and the readings read, on a terminal only."""
        with tqdm(disable=None, unit="", leave=False) as bar:

            def show(record: Record, done: int, total: int) -> None:
                bar.total = total
                bar.set_postfix(read=f"{record.input_count:,}", refresh=False)
                bar.update(done - bar.n)
                bar.refresh()

            yield show

    def ended(self, run: Run) -> None:
        """Print how a run ended."""
        if not self._quiet:
            tell(run)

    def not_started(self, reason: str) -> None:
        """Print why a run could not even start."""
        print(f"error: {reason}", file=sys.stderr)

    def finished(self, job: str, not_run: list[date], late: list[date], uncomputed: list[date]) -> None:
        """Print which dates are left to run."""
        if not_run:
            print(f"error: {job}: not run: {_listed(not_run)}", file=sys.stderr)
        if late and not self._quiet:
            print(f"{job}: late dates: {_listed(late)}; --late runs them")
        if uncomputed and not self._quiet:
            print(f"{job}: dates with orders, never computed: {_listed(uncomputed)}; --late runs them")


def tell(run: Run) -> None:
    """Print how a run ended."""
    record = run.record
    dry = " (dry run: nothing was kept)" if run.options.dry_run else ""
    print(f"{record.job_name} {run.day}: {record.status}{dry}")
    units = record.metadata.get("units", {})
    for name, balance in units.items():
        counts = ", ".join(f"{key} {value:,}" for key, value in balance.items() if key != "rolled_back")
        back = "rolled back" if balance.get("rolled_back") else ""
        print(f"  {name}: {' - '.join(part for part in (counts, back) if part)}")
    if record.metadata.get("mode") == "rebuild" and record.status == "SUCCESS":
        print("  the aggregates are recomputed from the readings")
    elif not record.data_source and not units and record.status == "SUCCESS":
        asked_for = "" if run.options.reads_all else " of those asked for"
        print(f"  nothing to do: {run.config.data_dir} has no inbox files{asked_for}")
    _tell_not_taken(record)
    _tell_rejects(run)
    if record.error_summary:
        print(f"  {record.error_summary}")
    print(f"  run {record.execution_uuid}")


def _listed(days: list[date]) -> str:
    more = len(days) - DATES_SHOWN
    shown = ", ".join(map(str, days[:DATES_SHOWN]))
    return f"{shown} and {more:,} more" if more > 0 else shown


def _tell_not_taken(record: Record) -> None:
    noted = record.metadata.get("not_taken")
    if noted:
        shown = noted["names"][:NAMES_SHOWN]
        more = noted["count"] - len(shown)
        print(f"  not taken: {', '.join(shown)}{f' and {more:,} more' if more else ''}; {TAKEN}")


def _tell_rejects(run: Run) -> None:
    for kind, most in SHOWN.items():
        kept = [reject for reject in run.rejects.kept if reject.kind == kind]
        for reject in kept[:most]:
            print(f"  {kind}: {reject}")
        if len(kept) > most:
            print(f"  {kind}: and {len(kept) - most:,} more in table rejected_row")
