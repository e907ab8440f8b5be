"""What the API answers, as models: its OpenAPI document is made from them."""

from datetime import date as datetime_date
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from web.runs.faults import RefusedRow
from web.runs.search import Fault


class Run(BaseModel):
    """A run of a job; times have an offset."""

    id: int
    execution_uuid: UUID
    job_name: str
    data_source: list[str]
    started_at: datetime
    finished_at: datetime | None
    duration_seconds: int | None
    input_count: int
    inserted_count: int
    skipped_count: int
    error_count: int
    skip_breakdown: dict[str, int] | None
    status: str
    error_summary: str | None
    metadata: dict[str, Any] | None
    next_scheduled_for: datetime | None
    created_at: datetime
    updated_at: datetime
    date: datetime_date | None


class Runs(BaseModel):
    """A page of runs, the newest first."""

    next_scheduled_for: datetime
    environment: str
    count: int
    page: int
    pages: int
    results: list[Run]


class RefusedRows(BaseModel):
    """A page of what a run refused, in the order found."""

    count: int
    page: int
    pages: int
    results: list[RefusedRow]


class Started(BaseModel):
    """The run that was started."""

    execution_uuid: UUID
    next_scheduled_for: datetime
    run: str
    runs: str


class Problem(BaseModel):
    """What is wrong with a request."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None
    running: str | None = None
    first: str | None = None
