"""What the history can be searched for, and what is wrong with a request, field by field."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time
from datetime import date as LocalDate
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort
from flask_babel import gettext as _
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from etl.jobs import RUN_JOBS
from etl.runs.requests import EARLIEST, Day

DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)", re.ASCII)
# As the names in data_sources, which may be any text without comma.
SOURCE_NAME = r"^[^,\x00-\x1f\x7f-\x9f]{1,255}$"
LAST_PAGE = 10**6
# Rows of the lists of runs and of faults.
PAGE = 100
# Of the faults of a request so many are named, by names of so many characters.
MOST_NAMED, LONGEST_NAME = 20, 100


def _no_number(value: object) -> object:
    """Refuse what pydantic takes as seconds since 1970."""
    if isinstance(value, int | float) or (isinstance(value, str) and not DATE.match(value)):
        raise ValueError("write a date like 2026-04-01, or a time like 2026-04-01T00:30:00+09:00")
    return value


NoNumber = BeforeValidator(_no_number)
Job = Annotated[str, Field(max_length=64, json_schema_extra={"enum": list(RUN_JOBS)})]


class Fault(BaseModel):
    """A field that is wrong, and why."""

    field: str
    reason: str


@dataclass(frozen=True)
class Listed:
    """A page of a list, and how many rows the list has on all; 404 if it has no such page.

    Attributes
    ----------
    page : int
        From 1 on, 100 rows each.
    count : int
        Of all rows.
    rows : list
        Those of the page.
    """

    page: int
    count: int
    rows: list[Any]

    def __post_init__(self) -> None:
        if self.page > self.pages:
            abort(404, _("there are %(count)s pages", count=self.pages))

    @property
    def pages(self) -> int:
        """How many pages there are, at least 1."""
        return max(1, -(-self.count // PAGE))


class FaultPage(BaseModel):
    """Which page of a run's faults: from 1 on, 100 each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: int = Field(1, ge=1, le=LAST_PAGE)


class Search(FaultPage):
    """Which runs to list.

    Attributes
    ----------
    page : int
        From 1 on, 100 runs each.
    job_name, status, data_source : str or None
        None: any.
    date : date or None
        That the run was for; None: any.
    group : UUID or None
        Of the first run of a request: all of its runs. None: any.
    started_after, started_before : datetime, date or None
        The first included, the second not; without an offset on the clock of TZ, a date from midnight on.
    """

    job_name: Job | None = None
    status: Literal["RUNNING", "SUCCESS", "FAILURE"] | None = None
    data_source: str | None = Field(None, pattern=SOURCE_NAME)
    date: Day | None = None
    group: UUID | None = None
    started_after: Annotated[datetime | LocalDate, NoNumber] | None = None
    started_before: Annotated[datetime | LocalDate, NoNumber] | None = None

    @field_validator("job_name")
    @classmethod
    def _known_job(cls, name: str | None) -> str | None:
        if name is not None and name not in RUN_JOBS:
            raise ValueError(f"the jobs are: {', '.join(RUN_JOBS)}")
        return name

    @field_validator("started_after", "started_before")
    @classmethod
    def _stored_year(cls, value: datetime | LocalDate | None) -> datetime | LocalDate | None:
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
            "run_date": self.date,
            "group_uuid": str(self.group) if self.group else None,
            "started_after": _instant(self.started_after, zone),
            "started_before": _instant(self.started_before, zone),
        }


def wrong_fields(error: ValidationError) -> list[Fault]:
    """Say which fields are wrong and why.

    Parameters
    ----------
    error : ValidationError
        Of one of the above.

    Returns
    -------
    list of Fault
        At most `MOST_NAMED`, and one that counts the others.
    """
    found = error.errors(include_url=False, include_context=False, include_input=False)
    named = [Fault(field=_field(one["loc"]), reason=_reason(one["msg"])) for one in found[:MOST_NAMED]]
    others = len(found) - len(named)
    return [*named, Fault(field="body", reason=f"{others} more are wrong")] if others else named


def _field(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place)[:LONGEST_NAME] or "body"


def _reason(text: str) -> str:
    return text.removeprefix("Value error, ")


def _instant(value: datetime | LocalDate | None, zone: ZoneInfo) -> datetime | None:
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    # PostgreSQL knows no offsets of a day, which ISO 8601 allows.
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
