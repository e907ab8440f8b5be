"""What the API and the history page can be asked, checked field by field."""

import re
from datetime import UTC, date, datetime, time
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from etl.inbox.files import MAX_USER_ID
from etl.jobs import JOBS, SOURCES

DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)", re.ASCII)
LAST_PAGE = 10**6
MOST_USERS = 5_000
EARLIEST, LATEST = date(1970, 1, 1), date.max


def _no_number(value: object) -> object:
    """Refuse what pydantic takes as seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and not DATE.match(value)):
        raise ValueError("write a date like 2026-04-01, or a time like 2026-04-01T00:30:00+09:00")
    return value


def _no_truth(value: object) -> object:
    """Refuse true and false, which Python takes as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("write a whole number")
    return value


NoNumber = BeforeValidator(_no_number)
Job = Annotated[str, Field(max_length=64, json_schema_extra={"enum": list(JOBS)})]
Source = Annotated[str, Field(json_schema_extra={"enum": list(SOURCES)})]
# Within a class that has a field `date` the name means the field.
Day = Annotated[date, NoNumber]
UserId = Annotated[int, BeforeValidator(_no_truth), Field(ge=1, le=MAX_USER_ID)]


class Fault(BaseModel):
    """A field that is wrong, and why."""

    field: str
    reason: str


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Search(_Asked):
    """Which runs to list.

    Attributes
    ----------
    page : int
        From 1 on, 100 runs each.
    job_name, status, data_source : str or None
        None: any.
    started_after, started_before : datetime, date or None
        The first included, the second not; without an offset on the clock of TZ, a date from midnight on.
    """

    page: int = Field(1, ge=1, le=LAST_PAGE)
    job_name: Job | None = None
    status: Literal["RUNNING", "SUCCESS", "FAILURE"] | None = None
    data_source: str | None = Field(None, pattern=r"^[a-z_]{1,64}$")
    started_after: Annotated[datetime | date, NoNumber] | None = None
    started_before: Annotated[datetime | date, NoNumber] | None = None

    @field_validator("job_name")
    @classmethod
    def _known_job(cls, name: str | None) -> str | None:
        return name if name is None else known_job(name)

    @field_validator("started_after", "started_before")
    @classmethod
    def _stored_year(cls, value: datetime | date | None) -> datetime | date | None:
        if value is not None and not EARLIEST.year <= value.year < 9999:
            raise ValueError("write a date from 1970 on")
        return value

    def filters(self, zone: ZoneInfo) -> dict[str, object]:
        """The parameters of the queries.

        Parameters
        ----------
        zone : ZoneInfo
            In which times without an offset are meant.
        """
        return {
            "job_name": self.job_name,
            "status": self.status,
            "data_source": self.data_source,
            "started_after": _instant(self.started_after, zone),
            "started_before": _instant(self.started_before, zone),
        }


class Options(_Asked):
    """How a triggered run is to go; see `python -m etl.main --help`.

    Attributes
    ----------
    date : date or None
        Of the run; None: yesterday. Not together with a range.
    start_date, end_date : date or None
        A range, both ends included.
    user_ids : list of int or None
        Only the files of these users.
    source_keys : list of str or None
        Only these kinds of the inbox.
    on_error : str
        `abort` or `quarantine`.
    """

    date: Day | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    user_ids: list[UserId] | None = Field(None, min_length=1, max_length=MOST_USERS)
    source_keys: list[Source] | None = Field(None, min_length=1)
    on_error: Literal["abort", "quarantine"] = "abort"

    @field_validator("date", "start_date", "end_date")
    @classmethod
    def _possible(cls, value: Day | None, info: ValidationInfo) -> Day | None:
        today = (info.context or {}).get("today", LATEST)
        if value and not EARLIEST <= value <= today:
            raise ValueError(f"write a date from {EARLIEST} to today, {today}")
        return value

    @field_validator("source_keys")
    @classmethod
    def _known_sources(cls, keys: list[str] | None) -> list[str] | None:
        if set(keys or ()) - set(SOURCES):
            raise ValueError(f"the sources are: {', '.join(SOURCES)}")
        return keys

    @model_validator(mode="after")
    def _one_way_to_say_when(self) -> Self:
        if self.date and (self.start_date or self.end_date):
            raise ValueError("write either date, or start_date with end_date")
        if bool(self.start_date) != bool(self.end_date):
            raise ValueError("start_date and end_date go together; both ends are included")
        if self.start_date and self.end_date and self.start_date > self.end_date:
            raise ValueError("start_date is after end_date")
        return self


class Trigger(_Asked):
    """Which job to run, and how."""

    job_name: Job
    options: Options = Options()

    @field_validator("job_name")
    @classmethod
    def _known_job(cls, name: str) -> str:
        return known_job(name)

    @model_validator(mode="after")
    def _has_something_to_read(self) -> Self:
        users, keys = self.options.user_ids, self.options.source_keys
        if users and self.job_name != "consumption":
            raise ValueError("options.user_ids: only consumption reads the files of users")
        if users and keys and "consumption" not in keys:
            raise ValueError("options.source_keys: with user_ids only consumption is read")
        return self


def known_job(name: str) -> str:
    """Give the name back if a job has it.

    Parameters
    ----------
    name : str
        Perhaps a job's.

    Raises
    ------
    ValueError
        Naming the jobs there are.
    """
    if name not in JOBS:
        raise ValueError(f"the jobs are: {', '.join(JOBS)}")
    return name


def faults(error: ValidationError) -> list[Fault]:
    """Say which fields are wrong and why.

    Parameters
    ----------
    error : ValidationError
        Of one of the above.
    """
    return [
        Fault(field=".".join(str(part) for part in one["loc"]) or "body", reason=_reason(one["msg"]))
        for one in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _reason(text: str) -> str:
    return text.removeprefix("Value error, ")


def _instant(value: datetime | date | None, zone: ZoneInfo) -> datetime | None:
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    # PostgreSQL knows no offsets of a day, which ISO 8601 allows.
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
