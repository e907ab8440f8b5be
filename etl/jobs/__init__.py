"""The jobs; this is the only list of them."""

from collections.abc import Callable, Mapping
from datetime import date
from pkgutil import resolve_name
from typing import Any, NamedTuple

from etl.runs.job import Job
from etl.runs.requests import Known, RunRequest


class Entry(NamedTuple):
    """A job of the list.

    Attributes
    ----------
    path : str
        Where its class is.
    sources : tuple of str
        The kinds of the inbox it reads.
    reads : tuple of str
        What else it reads, as a run's row names it.
    needs_whole_days : bool
        Whether a date must be over before the job can run for it.
    by_user : tuple of str
        Those of its kinds of which each user has files.
    """

    path: str
    sources: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    needs_whole_days: bool = False
    by_user: tuple[str, ...] = ()

    def load(self) -> Job:
        """Import the job: what only needs its name need not wait for pandas."""
        return resolve_name(self.path)()


JOBS = {
    "consumption": Entry(
        "etl.jobs.consumption.job:Consumption",
        ("area", "tariff", "user_data", "consumption"),
        by_user=("consumption",),
    ),
    "daily_sales": Entry("etl.jobs.daily_sales.job:DailySales", ("orders",), ("raw_orders",)),
    "archive": Entry("etl.jobs.archive.job:Archive", reads=("influxdb",), needs_whole_days=True),
}
# Those whose runs take tasks of sources: name -> where the class is, made for the id of a source.
TASK_JOBS = {"acquisition": "etl.jobs.acquisition.job:Acquisition"}
# All that a run's row can name as its job.
RUN_JOBS = (*JOBS, *TASK_JOBS)
# The kinds of the inbox, for --sources.
SOURCES = tuple(source for entry in JOBS.values() for source in entry.sources)
# Those that --users can narrow.
BY_USER = tuple(source for entry in JOBS.values() for source in entry.by_user)
# All that a run's row can name as its source.
DATA_SOURCES = (*SOURCES, *(other for entry in JOBS.values() for other in entry.reads))


def task_maker(name: str) -> Callable[[int], Job]:
    """Import a job of `TASK_JOBS`: what makes it for the id of a source.

    Parameters
    ----------
    name : str
        Of the job.
    """
    return resolve_name(TASK_JOBS[name])


def checked_request(given: Mapping[str, Any] | bytes, today: date) -> RunRequest:
    """Check what somebody asks for.

    Parameters
    ----------
    given : mapping or bytes
        `job_name` and `options`, with the fields of `RunRequest`; or the same as JSON.
    today : date
        The local date: no run is for a later one.

    Returns
    -------
    RunRequest
        One that can be run.

    Raises
    ------
    ValidationError
        Of pydantic: naming every field that is wrong, and why.
    """
    whole_days = [name for name, entry in JOBS.items() if entry.needs_whole_days]
    known = Known({name: entry.sources for name, entry in JOBS.items()}, BY_USER, today, whole_days)
    if isinstance(given, bytes):
        return RunRequest.model_validate_json(given, context=known)
    return RunRequest.model_validate(given, context=known)
