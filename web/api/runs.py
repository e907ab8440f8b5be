"""The API of the run history: JSON, bearer tokens of administrators, problem details for what is wrong."""

import re
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Blueprint, Response, g, jsonify, request, url_for
from pydantic import ValidationError

from web import service
from web.access import accounts
from web.api import openapi
from web.http.problems import problem
from web.runs import history, trigger
from web.runs.requests import Search, Trigger, faults

Asked = TypeVar("Asked", Search, Trigger)
Parameters = ParamSpec("Parameters")
blueprint = Blueprint("api", __name__, url_prefix="/api/v1/data-collection")
KEY = re.compile(r"[\x21-\x7e]{1,200}")


@blueprint.before_request
def _admit() -> Response | None:
    """Let administrators in, by the token that they send."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    account = None
    if kind.lower() == "bearer":
        account = accounts.by_token(service.current().database, token.strip())
    if account is None:
        refusal = problem(401, "send a token in force: Authorization: Bearer TOKEN")
        refusal.headers["WWW-Authenticate"] = "Bearer"
        return refusal
    if not account.is_admin:
        return problem(403, f"{account.name} is no administrator; only they see the history of runs")
    g.account = account
    return None


@blueprint.after_request
def _keep_private(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _checked(view: Callable[Parameters, Response]) -> Callable[Parameters, Response]:
    """Answer 400 where a field is wrong."""

    @wraps(view)
    def checking(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except ValidationError as error:
            found = faults(error)
            said = "; ".join(f"{one.field}: {one.reason}" for one in found)
            return problem(400, said, errors=[one.model_dump() for one in found])

    return checking


@blueprint.get("/runs")
@_checked
def list_runs() -> Response:
    """List runs, the newest first."""
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        return problem(400, f"{repeated[0]}: give it once")
    return _list(Search.model_validate_strings(request.args.to_dict()))


@blueprint.post("/runs/search")
@_checked
def search_runs() -> Response:
    """List runs; what to look for stands in the body."""
    return _read_body(Search, _list)


@blueprint.get("/runs/<execution_uuid>")
def show_run(execution_uuid: str) -> Response:
    """Show a run."""
    shared = service.current()
    try:
        wanted = str(uuid.UUID(execution_uuid))
    except ValueError:
        return problem(
            400, "execution_uuid: write a uuid", errors=[{"field": "execution_uuid", "reason": "no uuid"}]
        )
    history.look_after(shared.config, shared.database)
    run = history.one(shared.database, wanted, shared.config.zone)
    return jsonify(run) if run else problem(404, f"there is no run {wanted}")


@blueprint.post("/trigger")
@_checked
def trigger_run() -> Response:
    """Start a run in a process of its own."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        return problem(400, "Idempotency-Key: write 1 to 200 visible ASCII characters")
    return _read_body(Trigger, lambda asked: _trigger(asked, f"{g.account.id}:{key}" if key else None))


def _trigger(asked: Trigger, key: str | None) -> Response:
    shared = service.current()
    try:
        started = trigger.trigger(shared.config, shared.database, asked, g.account.name, key)
    except trigger.RunsAlready as running:
        link = _link(running.execution_uuid) if running.execution_uuid else None
        return problem(409, f"{asked.job_name} is running already", running=link)
    except trigger.NotStarted as fault:
        return problem(503, str(fault))
    except trigger.TooSoon as early:
        answer = problem(
            429, f"a run was triggered a moment ago; the next may be from {early.until.isoformat()} on"
        )
        seconds = (early.until - datetime.now(early.until.tzinfo)).total_seconds()
        answer.headers["Retry-After"] = str(max(1, int(seconds) + 1))
        return answer
    answer = jsonify(
        execution_uuid=started.execution_uuid,
        next_scheduled_for=started.next_run.isoformat(),
        run=_link(started.execution_uuid),
    )
    answer.status_code = 202
    answer.headers["Location"] = _link(started.execution_uuid)
    return answer


def _list(asked: Search) -> Response:
    shared = service.current()
    config = shared.config
    history.look_after(config, shared.database)
    found = history.search(shared.database, asked, config.zone)
    if asked.page > found.pages:
        return problem(404, f"page: there are {found.pages} pages")
    jobs = [asked.job_name] if asked.job_name else config.daily_jobs
    states = history.states(config, shared.database, datetime.now(config.zone), jobs)
    return jsonify(
        next_scheduled_for=min(state.next_run for state in states).isoformat(),
        environment=config.app_env,
        count=found.count,
        page=asked.page,
        pages=found.pages,
        results=found.runs,
    )


def _read_body(kind: type[Asked], answer: Callable[[Asked], Response]) -> Response:
    if request.mimetype != "application/json":
        return problem(415, "send JSON: Content-Type: application/json")
    today = datetime.now(service.current().config.zone).date()
    return answer(kind.model_validate_json(request.get_data(), context={"today": today}))


def _link(execution_uuid: str) -> str:
    return url_for("api.show_run", execution_uuid=execution_uuid)


@blueprint.get("/openapi.json")
def describe() -> Response:
    """Describe the API in OpenAPI."""
    return jsonify(openapi.document(blueprint.url_prefix or ""))
