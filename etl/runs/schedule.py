"""When jobs are due: cron expressions on the clock of TZ, whatever it does in spring and autumn.

A time that the clock leaves out is due when it goes on, one that it shows twice the first time only: as
Debian's cron has it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cronsim import CronSim

from etl.config import Config

# No clock is put back further: looking back from there, no time shown for the second time hides the first.
CLOCK_CHANGE = timedelta(hours=3)


def next_run(config: Config, job: str, now: datetime) -> datetime:
    """The next scheduled time. A cooldown holds triggers back, never cron.

    Parameters
    ----------
    config : Config
        Schedule and zone.
    job : str
        Its name.
    now : datetime
        The moment; aware, as all times here.

    Returns
    -------
    datetime
        After `now`, in the zone of the settings.
    """
    # Times of one zone compare by what the clock shows, which is wrong where it shows a time twice.
    instant = now.astimezone(UTC)
    return next(time for time in _times(config, job, instant) if time.astimezone(UTC) > instant)


def cooldown_ends(config: Config, now: datetime, triggered_at: datetime | None) -> datetime | None:
    """When the job may be triggered again; None if it may be now.

    Parameters
    ----------
    config : Config
        Cooldown and zone.
    now : datetime
        The moment.
    triggered_at : datetime or None
        When a person last started the job.
    """
    if triggered_at is None:
        return None
    ends = triggered_at.astimezone(UTC) + timedelta(seconds=config.trigger_cooldown_seconds)
    return ends.astimezone(config.zone) if ends > now.astimezone(UTC) else None


def overdue_since(config: Config, job: str, now: datetime, succeeded_at: datetime | None) -> datetime | None:
    """When the job should have run and did not; None if all is well.

    Parameters
    ----------
    config : Config
        Schedule, zone, and how many minutes a run may take until it has succeeded.
    job : str
        Its name.
    now : datetime
        The moment.
    succeeded_at : datetime or None
        Start of the newest run that succeeded.
    """
    latest = now.astimezone(UTC) - timedelta(minutes=config.overdue_after_minutes)
    times = _times(config, job, latest + CLOCK_CHANGE, back=True)
    due = next(time for time in times if time.astimezone(UTC) <= latest)
    if succeeded_at and succeeded_at.astimezone(UTC) >= due.astimezone(UTC):
        return None
    return due


def _times(config: Config, job: str, instant: datetime, back: bool = False) -> Iterator[datetime]:
    expression = config.job_schedules.get(job, config.schedule)
    return CronSim(expression, instant.astimezone(config.zone), reverse=back)
