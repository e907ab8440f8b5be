"""The API of the run history: JSON, bearer tokens of administrators, problem details for what is wrong."""

import re
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Blueprint, Response, abort, g, jsonify, request, url_for
from pydantic import ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from etl.jobs import checked_request
from etl.runs.requests import RunRequest
from web import service
from web.access import accounts
from web.api import openapi
from web.http.problems import problem
from web.runs import faults, history, log_lines, trigger
from web.runs.search import FaultPage, Listed, Search, wrong_fields

Parameters = ParamSpec("Parameters")
Model = TypeVar("Model", bound=FaultPage)
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
            found = wrong_fields(error)
            said = "; ".join(f"{one.field}: {one.reason}" for one in found)
            return problem(400, said, errors=[one.model_dump() for one in found])

    return checking


@blueprint.get("/runs")
@_checked
def list_runs() -> Response:
    """List runs, the newest first."""
    return _list(_parameters(Search))


@blueprint.post("/runs/search")
@_checked
def search_runs() -> Response:
    """List runs; what to look for stands in the body."""
    return _list(Search.model_validate_json(_body()))


def _found(view: Callable[[dict[str, Any]], Response]) -> Callable[[str], Response]:
    """Give a view the run of its address, or answer that there is none."""

    @wraps(view)
    def finding(execution_uuid: str) -> Response:
        shared = service.current()
        try:
            wanted = str(uuid.UUID(execution_uuid))
        except ValueError:
            errors = [{"field": "execution_uuid", "reason": "no uuid"}]
            return problem(400, "execution_uuid: write a uuid", errors=errors)
        history.mark_abandoned(shared.config, shared.database)
        run = history.one(shared.database, wanted, shared.config.zone)
        return view(run) if run else problem(404, f"there is no run {wanted}")

    return finding


@blueprint.get("/runs/<execution_uuid>")
@_found
def show_run(run: dict[str, Any]) -> Response:
    """Show a run."""
    return jsonify(run)


@blueprint.get("/runs/<execution_uuid>/faults")
@_checked
@_found
def list_faults(run: dict[str, Any]) -> Response:
    """List what a run refused."""
    page = _parameters(FaultPage).page
    found = faults.fetch(service.current().database, run["execution_uuid"], page)
    return jsonify(_as_json(found, [row.model_dump() for row in found.rows]))


@blueprint.get("/runs/<execution_uuid>/faults.csv")
@_found
def download_faults(run: dict[str, Any]) -> Response:
    """Send all that a run refused and keeps as CSV."""
    return Response(faults.as_csv(service.current().database, run["execution_uuid"]), mimetype="text/csv")


@blueprint.get("/runs/<execution_uuid>/log")
@_found
def show_log(run: dict[str, Any]) -> Response:
    """Send the log lines of a run."""
    text = log_lines.of_run(service.current().config, run["execution_uuid"])
    return Response(text, mimetype="text/plain")


@blueprint.post("/trigger")
@_checked
def trigger_run() -> Response:
    """Start a run in a process of its own."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        return problem(400, "Idempotency-Key: write 1 to 200 visible ASCII characters")
    shared = service.current()
    wanted = checked_request(_body(), datetime.now(shared.config.zone).date())
    return _trigger(wanted, f"{g.account.id}:{key}" if key else None)


def _trigger(wanted: RunRequest, key: str | None) -> Response:
    shared = service.current()
    try:
        started = trigger.trigger(shared.config, shared.database, wanted, g.account.name, key)
    except trigger.RunsAlready as running:
        link = _link(running.execution_uuid) if running.execution_uuid else None
        return problem(409, f"{wanted.job_name} is running already", running=link)
    except trigger.OtherRequest as other:
        link = _link(other.execution_uuid)
        return problem(422, "this Idempotency-Key was used for another request; take a new one", first=link)
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
        runs=url_for("api.list_runs", group=started.execution_uuid),
    )
    answer.status_code = 202
    answer.headers["Location"] = _link(started.execution_uuid)
    return answer


def _list(search: Search) -> Response:
    shared = service.current()
    config = shared.config
    history.mark_abandoned(config, shared.database)
    found = history.search(shared.database, search, config.zone)
    jobs = [search.job_name] if search.job_name else config.daily_jobs
    states = history.states(config, shared.database, datetime.now(config.zone), jobs)
    return jsonify(
        next_scheduled_for=min(state.next_run for state in states).isoformat(),
        environment=config.app_env,
        **_as_json(found, found.rows),
    )


def _as_json(found: Listed, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"count": found.count, "page": found.page, "pages": found.pages, "results": rows}


def _parameters(model: type[Model]) -> Model:
    """Check those of the address."""
    for name, values in request.args.lists():
        if len(values) > 1:
            abort(problem(400, f"{name}: give it once"))
    return model.model_validate_strings(request.args.to_dict())


def _body() -> bytes:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("send JSON: Content-Type: application/json")
    return request.get_data()


def _link(execution_uuid: str) -> str:
    return url_for("api.show_run", execution_uuid=execution_uuid)


@blueprint.get("/openapi.json")
def describe() -> Response:
    """Describe the API in OpenAPI."""
    return jsonify(openapi.document(blueprint.url_prefix or ""))
