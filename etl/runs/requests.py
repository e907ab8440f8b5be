"""What a run is asked to do: one model for the command line, the form, the API and the run's own process."""

import re
from collections.abc import Collection, Mapping
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from etl import sentences
from etl.inbox.fields import MAX_USER_ID, parse_user_id

DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
EARLIEST = date(1970, 1, 1)
USERS_LIMIT = 5_000
RANGE = {"start": "start_date", "end": "end_date"}
# Whoever else starts a run does so in the viewer, and is named in its metadata.
COMMAND_LINE = ("cli", "schedule")


class Known(NamedTuple):
    """What a request is checked against.

    Attributes
    ----------
    sources : mapping
        The kinds of the inbox that each job reads.
    by_user : collection of str
        Those of which each user has files.
    today : date
        The local date.
    whole_days : collection of str
        The jobs that need a day to be over: half a day would look like a whole one.
    """

    sources: Mapping[str, Collection[str]]
    by_user: Collection[str]
    today: date
    whole_days: Collection[str] = ()

    @property
    def all_sources(self) -> list[str]:
        """The kinds of the inbox that any job reads."""
        return [source for kinds in self.sources.values() for source in kinds]


def _day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and DATE.fullmatch(value)):
        return value
    raise ValueError(sentences.NO_DATE)


def _user_id(value: object) -> int:
    parsed = parse_user_id(str(value)) if isinstance(value, int | str) else None
    if parsed is None:
        raise ValueError(sentences.NO_USER_ID)
    return parsed


# Within a class that has a field `date` the name means the field.
Day = Annotated[date, BeforeValidator(_day)]
# The bounds first: behind the validator OpenAPI would not know them.
UserId = Annotated[int, Field(ge=1, le=MAX_USER_ID), BeforeValidator(_user_id)]


class Options(BaseModel):
    """For which dates a job runs, what it reads, and how it treats what it finds.

    Attributes
    ----------
    date : date or None
        Of the run; None: yesterday. Not together with a range.
    start_date, end_date : date or None
        A range, both ends included.
    user_ids : list of int or None
        Only the files of these users, and no master or user file.
    source_keys : list of str or None
        Only these kinds of the inbox.
    on_error : str
        `abort` or `quarantine`.
    allow_shrink : bool
        Accept a user file that departs more than half of the users, or a day that loses half of its points.
    keep_going : bool
        In a range, go on after a date that failed.
    late : bool
        Then also run every date that got orders since it was computed.
    no_dbt : bool
        Archive only: leave the models to a later run.
    dry_run : bool
        Do everything, then roll back.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: Day | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    user_ids: list[UserId] | None = Field(None, min_length=1, max_length=USERS_LIMIT)
    source_keys: list[str] | None = Field(None, min_length=1, max_length=64)
    on_error: Literal["abort", "quarantine"] = "abort"
    allow_shrink: bool = False
    keep_going: bool = False
    late: bool = False
    no_dbt: bool = False
    dry_run: bool = False

    @field_validator("date", "start_date", "end_date")
    @classmethod
    def _possible(cls, value: Day | None, info: ValidationInfo) -> Day | None:
        latest = info.context.today if info.context else date.max
        if value and not EARLIEST <= value <= latest:
            raise ValueError(sentences.DATE_OUTSIDE % {"first": EARLIEST, "last": latest})
        return value

    @field_validator("user_ids", "source_keys")
    @classmethod
    def _once_each(cls, values: list[Any] | None) -> list[Any] | None:
        return values and list(dict.fromkeys(values))

    @field_validator("source_keys")
    @classmethod
    def _known_sources(cls, keys: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if info.context and set(keys or ()) - set(info.context.all_sources):
            raise ValueError(sentences.SOURCES_ARE % {"names": ", ".join(info.context.all_sources)})
        return keys

    @model_validator(mode="after")
    def _one_way_to_say_when(self) -> Self:
        if self.date and (self.start_date or self.end_date):
            raise ValueError(sentences.TWO_WAYS % RANGE)
        if bool(self.start_date) != bool(self.end_date):
            raise ValueError(sentences.ONE_END % RANGE)
        if self.start_date and self.end_date and self.start_date > self.end_date:
            raise ValueError(sentences.WRONG_WAY_ROUND % RANGE)
        return self

    @property
    def reads_all(self) -> bool:
        """Whether all of the inbox is meant."""
        return not self.user_ids and not self.source_keys

    def reads(self, source: str, by_user: bool = False) -> bool:
        """Whether this kind of the inbox is meant; with users only one of which each has files."""
        if self.user_ids and not by_user:
            return False
        return not self.source_keys or source in self.source_keys

    def days(self, yesterday: Day) -> tuple[Day, Day]:
        """The first and the last date, both included.

        Parameters
        ----------
        yesterday : date
            The local date that is meant where none is given.
        """
        return self.start_date or self.date or yesterday, self.end_date or self.date or yesterday


class RunRequest(BaseModel):
    """A job and its options, as somebody asked for them.

    Attributes
    ----------
    job_name : str
        Of one of the jobs.
    options : Options
        How it is to run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    job_name: str = Field(max_length=64)
    options: Options = Options()

    @field_validator("job_name")
    @classmethod
    def _known_job(cls, name: str, info: ValidationInfo) -> str:
        if info.context and name not in info.context.sources:
            raise ValueError(sentences.JOBS_ARE % {"names": ", ".join(info.context.sources)})
        return name

    @model_validator(mode="after")
    def _has_something_to_read(self, info: ValidationInfo) -> Self:
        users, keys = self.options.user_ids, self.options.source_keys
        if info.context:
            _require_files(self.job_name, users, keys, info.context)
            last = self.options.end_date or self.options.date
            if last and last >= info.context.today and self.job_name in info.context.whole_days:
                today = {"job": self.job_name, "today": info.context.today}
                raise ValueError(sentences.WHOLE_DAYS % today)
        return self


def _require_files(job: str, users: list[int] | None, keys: list[str] | None, known: Known) -> None:
    """Refuse what names files that the job does not read."""
    kinds, by_user = known.sources[job], known.by_user
    if users and keys and not set(keys) & set(by_user):
        only = {"users": "user_ids", "names": ", ".join(by_user)}
        raise ValueError("options.source_keys: " + sentences.ONLY_BY_USER % only)
    if users and not set(kinds) & set(by_user):
        able = [name for name, own in known.sources.items() if set(own) & set(by_user)]
        raise ValueError("options.user_ids: " + sentences.NO_FILES_OF_USERS % {"names": ", ".join(able)})
    if not set(keys or ()) <= set(kinds):
        reads = {"job": job, "names": ", ".join(kinds) or "none"}
        raise ValueError("options.source_keys: " + sentences.JOB_READS % reads)


def as_metadata(options: Options, triggered_by: str) -> dict[str, Any]:
    """Give what a run's row says of its options; what limits nothing is left out."""
    limits = {"user_ids": options.user_ids, "sources": options.source_keys, "dry_run": options.dry_run}
    written = {**options.model_dump(mode="json", exclude_defaults=True), "on_error": options.on_error}
    return {
        "on_error": options.on_error,
        "allow_shrink": options.allow_shrink,
        "triggered_by": triggered_by,
        **{key: value for key, value in limits.items() if value},
        **({} if triggered_by in COMMAND_LINE else {"options": written}),
    }
