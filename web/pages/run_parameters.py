"""What stands in the address of the pages of the run history; see `parameters`."""

import re
from typing import Annotated
from uuid import UUID

from flask_babel import gettext as _
from pydantic import AfterValidator, BeforeValidator

from etl.jobs import RUN_JOBS
from web.data.filters import whole
from web.pages.parameters import Day, Parameters, one_of
from web.runs.search import LAST_PAGE, SOURCE_NAME

PERIODS = {"today": 1, "7": 7, "30": 30}
RUN_STATUSES = ("RUNNING", "SUCCESS", "FAILURE")


def _page_number(text: str) -> int:
    number = whole(text)
    if number is None or number > LAST_PAGE:
        raise ValueError(_("write the number of a page"))
    return number


def _run_id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise ValueError(_("write the uuid of a run")) from None


def _source_name(text: str) -> str:
    if not re.fullmatch(SOURCE_NAME, text):
        raise ValueError(_("write the name of one source"))
    return text


SourceName = Annotated[str, AfterValidator(_source_name)]
RunId = Annotated[str, AfterValidator(_run_id)]
PageNumber = Annotated[int, BeforeValidator(_page_number)]


class FaultPage(Parameters):
    """Which page of what a run refused."""

    page: PageNumber = 1


class History(Parameters):
    """The filters of the run history; `triggered` is the run that this reader has just started."""

    period: Annotated[str, one_of(*PERIODS)] | None = None
    page: PageNumber = 1
    triggered: RunId | None = None
    group: RunId | None = None
    date: Day | None = None
    job_name: Annotated[str, one_of(*RUN_JOBS)] | None = None
    status: Annotated[str, one_of(*RUN_STATUSES)] | None = None
    data_source: SourceName | None = None
