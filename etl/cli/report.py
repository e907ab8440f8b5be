"""What an operator sees: a progress bar while it lasts, and at the end what happened and what to do."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date

from tqdm import tqdm

from etl.language import texts
from etl.runs.in_words import in_words, unit
from etl.runs.job import Verifiable
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
        complain(reason)

    def finished(self, job: str, not_run: list[date], late: list[date], uncomputed: list[date]) -> None:
        """Print which dates are left to run."""
        _ = texts().gettext
        if not_run:
            complain(_("%(job)s: not run: %(days)s") % {"job": job, "days": _listed(not_run)})
        if late and not self._quiet:
            print(_("%(job)s: late dates: %(days)s; --late runs them") % {"job": job, "days": _listed(late)})
        if uncomputed and not self._quiet:
            sentence = _("%(job)s: dates with orders, never computed: %(days)s; --late runs them")
            print(sentence % {"job": job, "days": _listed(uncomputed)})


def complain(reason: str) -> None:
    """Print why something could not be done.

    Parameters
    ----------
    reason : str
        In English; what is known of it is translated.
    """
    language = texts()
    print(language.gettext("error: %(reason)s") % {"reason": in_words(reason, language)}, file=sys.stderr)


def tell_differences(job: Verifiable, sentences: list[str]) -> None:
    """Print what `verify` found.

    Parameters
    ----------
    job : Verifiable
        Whose.
    sentences : list of str
        One for each difference; none: all is well.
    """
    language = texts()
    for sentence in sentences:
        print(in_words(sentence, language))
    if sentences:
        print(language.gettext(job.differing) % {"count": len(sentences)})
    else:
        print(language.gettext(job.agreed))


def tell(run: Run) -> None:
    """Print how a run ended."""
    record, language = run.record, texts()
    _ = language.gettext
    dry = _(" (dry run: nothing was kept)") if run.options.dry_run else ""
    print(f"{record.job_name} {run.day}: {_status(record.status)}{dry}")
    units = record.metadata.get("units", {})
    for name, balance in units.items():
        print(f"  {unit(name, language)}: {_balance(balance)}")
    if record.metadata.get("mode") == "rebuild" and record.status == "SUCCESS":
        print("  " + _("the aggregates are recomputed from the readings"))
    elif not record.data_source and not units and record.status == "SUCCESS":
        nothing = _("nothing to do: %(inbox)s has no inbox files")
        of_those = _("nothing to do: %(inbox)s has no inbox files of those asked for")
        print("  " + (nothing if run.options.reads_all else of_those) % {"inbox": run.config.data_dir})
    _tell_not_taken(record)
    _tell_rejects(run)
    if record.error_summary:
        print(f"  {in_words(record.error_summary, language)}")
    print("  " + _("run %(run)s") % {"run": record.execution_uuid})


def _status(status: str) -> str:
    language = texts()
    known = {
        "SUCCESS": language.pgettext("status", "SUCCESS"),
        "FAILURE": language.pgettext("status", "FAILURE"),
    }
    return known[status]


def _balance(balance: dict[str, int]) -> str:
    """Name each count and say whether the unit was rolled back."""
    language = texts()
    names = {
        "read": language.pgettext("count", "read"),
        "inserted": language.pgettext("count", "inserted"),
        "identical": language.pgettext("count", "identical"),
        "conflicting": language.pgettext("count", "conflicting"),
        "unchanged": language.pgettext("count", "unchanged"),
        "repeated": language.pgettext("count", "repeated"),
        "rejected": language.pgettext("count", "rejected"),
        "new": language.pgettext("count", "new"),
        "changed": language.pgettext("count", "changed"),
        "departed": language.pgettext("count", "departed"),
        "returned": language.pgettext("count", "returned"),
        "orders": language.pgettext("count", "orders"),
        "products": language.pgettext("count", "products"),
    }
    counted = [f"{names.get(key, key)} {value:,}" for key, value in balance.items() if key != "rolled_back"]
    back = [language.gettext("rolled back")] if balance.get("rolled_back") else []
    return " - ".join([", ".join(counted)] * bool(counted) + back)


def _listed(days: list[date]) -> str:
    return _shortened([str(day) for day in days[:DATES_SHOWN]], len(days))


def _shortened(shown: list[str], count: int) -> str:
    names = ", ".join(shown)
    more = count - len(shown)
    together = {"names": names, "count": f"{more:,}"}
    return texts().gettext("%(names)s and %(count)s more") % together if more > 0 else names


def _tell_not_taken(record: Record) -> None:
    noted = record.metadata.get("not_taken")
    if noted:
        _ = texts().gettext
        names = _shortened(noted["names"][:NAMES_SHOWN], noted["count"])
        print("  " + _("not taken: %(names)s; %(rule)s") % {"names": names, "rule": _(TAKEN)})


def _tell_rejects(run: Run) -> None:
    language = texts()
    kinds = {"reject": language.pgettext("kind", "reject"), "conflict": language.pgettext("kind", "conflict")}
    for kind, most in SHOWN.items():
        kept = [reject for reject in run.rejects.kept if reject.kind == kind]
        for reject in kept[:most]:
            print(f"  {kinds[kind]}: {reject.told(language)}")
        if len(kept) > most:
            more = language.gettext("and %(count)s more in table rejected_row")
            print(f"  {kinds[kind]}: " + more % {"count": f"{len(kept) - most:,}"})
