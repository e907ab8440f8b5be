"""What stands in the address of a page, checked: a wrong value is refused by name, never guessed."""

import re
from collections.abc import Collection
from datetime import date
from typing import Annotated, Any, TypeVar

from flask import request
from flask_babel import gettext as _
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticUseDefault
from werkzeug.datastructures import MultiDict

from web.data.filters import SORTS, Cursor, EnergyFilters, Filters, Summary, read_cursor, whole
from web.http.problems import BadParameter

# Other forms that Python reads, such as 2026-W15-3, are no dates to a person.
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MEASURES = ("mean", "total")
SPLITS = ("area", "tariff")
STATUSES = ("active", "departed")
ORDERS = [sign + name for name in SORTS for sign in ("", "-")]


def _as_date(text: str) -> date:
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError(_("write a date like 2026-04-01"))


def one_of(*allowed: str) -> AfterValidator:
    """Take one of these texts."""
    return AfterValidator(lambda text: _chosen(text, allowed))


def _chosen(text: str, allowed: Collection[str]) -> str:
    if text not in allowed:
        raise ValueError(_("choose one of: %(names)s", names=", ".join(allowed)))
    return text


def _known_name(text: str, info: ValidationInfo) -> str:
    """Accept the names there are: the context holds those of each field."""
    names = info.context[info.field_name] if info.context and info.field_name else ()
    if not names:
        raise ValueError(_("there is none yet"))
    return _chosen(text, names)


def _first_digits(text: str) -> str:
    if not whole(text) or text.startswith("0"):
        raise ValueError(_("write the first digits of a user id"))
    return text


Day = Annotated[date, BeforeValidator(_as_date)]
Name = Annotated[str, AfterValidator(_known_name)]


class Parameters(BaseModel):
    """The parameters of a page; an empty value is as good as none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _only_one(cls, values: list[str]) -> str:
        if len(values) > 1:
            raise ValueError(_("give it once"))
        if "\0" in values[0]:
            raise ValueError(_("it holds a character that no name has"))
        if not values[0]:
            raise PydanticUseDefault
        return values[0]


class _Dates(Parameters):
    """A period, both ends included."""

    start_date: Day | None = None
    end_date: Day | None = None

    @field_validator("end_date")
    @classmethod
    def _after_start(cls, last: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("start_date")
        if first and last and first > last:
            raise ValueError(_("it lies before start_date"))
        return last


class _Energy(_Dates):
    source: str | None = None


def _place(text: str, info: ValidationInfo) -> Cursor:
    if info.data.get("page") or info.data.get("before"):
        raise ValueError(_("give one of after, before and page"))
    try:
        return read_cursor(text, info.field_name == "before", info.data.get("sort", "id").removeprefix("-"))
    except ValueError:
        raise ValueError(_("use the links below the table")) from None


class _Summary(_Dates):
    area: Name | None = None
    tariff: Name | None = None
    measure: Annotated[str, one_of(*MEASURES)] = MEASURES[0]
    split: Annotated[str, one_of(*SPLITS)] | None = None
    q: Annotated[str, AfterValidator(_first_digits)] | None = None
    status: Annotated[str, one_of(*STATUSES)] | None = None
    sort: Annotated[str, one_of(*ORDERS)] = "id"
    # A field sees those above it: of two places the lower one is refused.
    page: Annotated[str, one_of("last")] | None = None
    before: Annotated[Cursor, PlainValidator(_place)] | None = None
    after: Annotated[Cursor, PlainValidator(_place)] | None = None


Model = TypeVar("Model", bound=Parameters)


def dates(arguments: MultiDict[str, str]) -> Filters:
    """Check the parameters of a page that has a period only.

    Parameters
    ----------
    arguments : MultiDict
        Of the request.

    Raises
    ------
    BadParameter
        Naming the first wrong one.
    """
    given = check(_Dates, arguments)
    return Filters(given.start_date, given.end_date)


def energy(arguments: MultiDict[str, str]) -> EnergyFilters:
    """Check the parameters of the energy page; whether there is such a source, the page knows.

    Parameters
    ----------
    arguments : MultiDict
        Of the request.

    Raises
    ------
    BadParameter
        Naming the first wrong one.
    """
    given = check(_Energy, arguments)
    return EnergyFilters(Filters(given.start_date, given.end_date), given.source)


def summary(arguments: MultiDict[str, str], areas: Collection[str], tariffs: Collection[str]) -> Summary:
    """Check the parameters of the summary page.

    Parameters
    ----------
    arguments : MultiDict
        Of the request.
    areas, tariffs : collection of str
        The names there are.

    Raises
    ------
    BadParameter
        Naming the first wrong one.
    """
    given = check(_Summary, arguments, {"area": areas, "tariff": tariffs})
    return Summary(
        Filters(given.start_date, given.end_date, given.area, given.tariff),
        given.measure,
        given.split,
        given.q,
        given.status,
        given.sort.removeprefix("-"),
        given.sort.startswith("-"),
        given.after or given.before,
        given.page == "last",
    )


def current() -> dict[str, str]:
    """Give the parameters of this request that are not empty, for links that change one of them."""
    return {name: value for name, value in request.args.items() if value.strip()}


def check(model: type[Model], arguments: MultiDict[str, str], names: dict[str, Any] | None = None) -> Model:
    """Check parameters by a model.

    Parameters
    ----------
    model : type
        Of the parameters of a page.
    arguments : MultiDict
        Of the request.
    names : dict, optional
        The names there are, by field.

    Raises
    ------
    BadParameter
        Naming the first wrong one.
    """
    given = {name: [value.strip(" ") for value in values] for name, values in arguments.lists()}
    try:
        return model.model_validate(given, context=names)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        name = str(wrong["loc"][0])
        unknown = wrong["type"] == "extra_forbidden"
        reason = _("there is no such parameter here") if unknown else str(wrong["ctx"]["error"])
        raise BadParameter(name, ", ".join(given[name]), reason) from None
