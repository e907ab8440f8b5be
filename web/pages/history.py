"""The page of the run history: what ran, why it failed, when it runs next, and a form to start it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import ValidationError
from werkzeug import Response as AnyResponse

from etl.jobs import DATA_SOURCES, JOBS, RUN_JOBS, SOURCES, checked_request
from web import service
from web.access.sign_in import admin_required
from web.pages import parameters
from web.pages.run_parameters import PERIODS, RUN_STATUSES, History
from web.runs import history, labels, trigger
from web.runs.error_summaries import translated
from web.runs.search import Search, wrong_fields

blueprint = Blueprint("history", __name__, url_prefix="/data-collection")


@dataclass(frozen=True)
class Refused:
    """Why nothing was started: the sentence, the status, and what the form said."""

    sentence: str
    status: int
    given: dict[str, str]
    running_uuid: str | None = None


@blueprint.get("/history")
@admin_required
def page() -> Response:
    """Show the runs, the newest first, a hundred at a time."""
    return _show(None)


@blueprint.post("/history")
@admin_required
def start() -> AnyResponse:
    """Start the run that the form asks for, and show the page again."""
    shared = service.current()
    given = {name: value.strip() for name, value in request.form.items() if name != "csrf_token"}
    today = datetime.now(shared.config.zone).date()
    try:
        wanted = checked_request(as_body(given, request.form.getlist("source_keys")), today)
        started = trigger.trigger(shared.config, shared.database, wanted, g.signed_in.name)
    except ValidationError as error:
        said = "; ".join(f"{one.field}: {translated(one.reason)}" for one in wrong_fields(error))
        return _show(Refused(said, 400, given))
    except trigger.RunsAlready as running:
        said = _("%(job)s is running already; wait for it to end.", job=labels.job(given["job_name"]))
        return _show(Refused(said, 409, given, running.execution_uuid))
    except trigger.NotStarted as fault:
        return _show(Refused(translated(str(fault)), 503, given))
    except trigger.TooSoon as early:
        said = _(
            "A run was triggered a moment ago; the next may be from %(time)s on.",
            time=f"{early.until:%H:%M:%S}",
        )
        return _show(Refused(said, 429, given))
    return redirect(url_for("history.page", triggered=started.execution_uuid), 303)


def _show(refused: Refused | None) -> Response:
    shared = service.current()
    config, now = shared.config, datetime.now(shared.config.zone)
    search, period, triggered = _asked(now) if not refused else (Search(), None, None)
    history.mark_abandoned(config, shared.database)
    found = history.search(shared.database, search, config.zone)
    answer = make_response(
        render_template(
            "history.html",
            states=history.states(config, shared.database, now),
            found=found,
            search=search,
            period=period,
            refused=refused,
            triggered=triggered,
            form=refused.given if refused else {},
            environment=config.app_env,
            jobs=list(JOBS),
            run_jobs=RUN_JOBS,
            sources=SOURCES,
            data_sources=_choices(search.data_source),
            statuses=RUN_STATUSES,
            periods=PERIODS,
            today=now.date(),
            given=parameters.current(),
            tz=config.tz,
            clock=datetime.fromisoformat,
            named=lambda values, name: [(value, name(value)) for value in values],
            pretty=lambda run: json.dumps(run, ensure_ascii=False, indent=2),
        ),
        refused.status if refused else 200,
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _choices(chosen: str | None) -> list[str]:
    """Give what the filter of sources offers: those of the jobs, and the one that is chosen."""
    other = [chosen] if chosen and chosen not in DATA_SOURCES else []
    return [*DATA_SOURCES, *other]


def _asked(now: datetime) -> tuple[Search, str | None, str | None]:
    """Read the filters of the address."""
    given = parameters.check(History, request.args)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    after = midnight - timedelta(days=PERIODS[given.period] - 1) if given.period else None
    filters = given.model_dump(include={"page", "job_name", "status", "data_source", "date", "group"})
    search = Search.model_validate({**filters, "started_after": after})
    return search, given.period, given.triggered


def as_body(given: dict[str, str], source_keys: list[str]) -> dict[str, Any]:
    """Make of a form what the API takes as JSON; an empty field is none."""
    options: dict[str, Any] = {name: value for name, value in given.items() if value and name != "job_name"}
    if "user_ids" in options:
        options["user_ids"] = options["user_ids"].replace(",", " ").split()
    if source_keys:
        options["source_keys"] = source_keys
    return {"job_name": given.get("job_name", ""), "options": options}
