"""A job for each date asked for, then for each late date that its runs tell of."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from etl.config import Config
from etl.errors import Interrupted, MeterhouseError
from etl.log import log, mask
from etl.runs import alerts, pipeline
from etl.runs.interrupt import Stop
from etl.runs.job import Job
from etl.runs.record import Record
from etl.runs.requests import COMMAND_LINE, Options
from etl.runs.run import Run, Show


class Observer(Protocol):
    """Who is told how runs go: a terminal, or a worker's log."""

    def progress(self) -> AbstractContextManager[Show]:
        """Show how far a run is while the block lasts."""
        ...

    def ended(self, run: Run) -> None:
        """Tell how a run ended."""
        ...

    def not_started(self, reason: str) -> None:
        """Tell that a run could not even start."""
        ...

    def finished(self, job: str, not_run: list[date], late: list[date], uncomputed: list[date]) -> None:
        """Tell what is left to do: dates that were asked for, that are late, that were never computed."""
        ...


@dataclass
class Backfill:
    """Runs a job for its dates, one after the other, each in its own transaction.

    Attributes
    ----------
    config : Config
        Settings.
    job : Job
        What to run: for every date of a range if it goes by date, else once, dated the last day.
    options : Options
        The dates, and how each run is to go.
    stop : Stop
        Says when to end early.
    observer : Observer
        Is told how the runs go.
    triggered_by : str
        One of `COMMAND_LINE`, or an account's name.
    run_id : str or None
        The uuid of the row that the first run takes over.
    told : list of Record
        Where the runs are added, as they end, to those of other jobs.
    records : list of Record
        The runs of this job so far.
    """

    config: Config
    job: Job
    options: Options
    stop: Stop
    observer: Observer
    triggered_by: str = COMMAND_LINE[0]
    run_id: str | None = None
    told: list[Record] = field(default_factory=list)
    records: list[Record] = field(default_factory=list, init=False)
    _began: bool = field(default=True, init=False)
    _succeeded: bool = field(default=True, init=False)
    _group_uuid: str | None = field(default=None, init=False)

    def run(self) -> bool:
        """Run all dates; False if any failed, or was left out because one before it failed.

        Raises
        ------
        Interrupted
            If a run was stopped before it began.
        """
        self.stop.check()
        first, last = self.options.days(datetime.now(self.config.zone).date() - timedelta(days=1))
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        not_run = self._run_asked(days if self.job.date_driven else [last], takes_all=first == last)
        # What never began was refused for a reason that holds for its late dates as well.
        done = {*days}
        if self._began or self.options.keep_going:
            self._run_late(done)
        self._tell_left(not_run, done)
        return self._succeeded and not not_run

    def _run_asked(self, days: list[date], takes_all: bool) -> list[date]:
        """Run the dates, until one fails or, with `keep_going`, all; give those that were not run."""
        for number, day in enumerate(days):
            if self.stop.requested:
                return days[number:]
            record = self._run(day, takes_all, is_last=day == days[-1])
            went_well = record is not None and record.status == "SUCCESS"
            if not went_well and (self.run_id or not self.options.keep_going):
                return days[number + 1 :]
        return []

    def _run_late(self, done: set[date]) -> None:
        """Give every late date one turn: what arrives for it after that is for the next call."""
        turns = 0
        while self.options.late or self.config.run_late_dates:
            left = [day for day in self._found("late_dates") if day not in done]
            if not left:
                return
            if self.stop.requested:
                self._succeeded = False
                return
            if not self.options.late and turns >= self.config.late_dates_limit:
                log.warning("late dates are left for the next run", dates=len(left), first=str(left[0]))
                return
            done.add(left[0])
            turns += 1
            if self._run(left[0], takes_all=False, late=True) is None:
                return

    def _tell_left(self, not_run: list[date], done: set[date]) -> None:
        uncomputed = set(self._found("uncomputed_dates"))
        left = [day for day in self._found("late_dates") if day not in done]
        late = [day for day in left if day not in uncomputed]
        self.observer.finished(self.job.name, not_run, late, [day for day in left if day in uncomputed])

    def _found(self, name: str) -> list[date]:
        """Take dates from the newest run that found any out."""
        for record in reversed(self.records):
            if "late_dates" in record.metadata:
                return [date.fromisoformat(day) for day in record.metadata.get(name, [])]
        return []

    def _run(self, day: date, takes_all: bool, late: bool = False, is_last: bool = True) -> Record | None:
        """Run once and tell how it ended; None if it could not start."""
        group = self._group_uuid
        run = Run(
            self.config,
            self.job,
            day,
            self.options,
            self.stop,
            self.triggered_by,
            self.run_id,
            group,
            late,
            is_last,
        )
        try:
            with self.observer.progress() as show:
                # Later runs of the job find what the first has left of the inbox: nothing.
                pipeline.execute(run, show, lambda ended: alerts.alert_of(ended, takes_all))
        except Interrupted:
            raise
        except MeterhouseError as error:
            self.observer.not_started(mask(str(error), self.config.secrets))
            alerts.alert_of_no_start(run, error)
            self._began = self._succeeded = False
            return None
        self.run_id, self._group_uuid = None, group or run.record.execution_uuid
        self._began = True
        self._succeeded &= run.record.status == "SUCCESS"
        self.records.append(run.record)
        self.told.append(run.record)
        self.observer.ended(run)
        return run.record
