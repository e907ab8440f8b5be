"""What a run refused, and its log lines: for administrators, so that nobody needs psql or a terminal."""

import uuid
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request
from flask_babel import gettext as _

from web import service
from web.access.sign_in import admin_required
from web.pages import parameters
from web.pages.run_parameters import FaultPage
from web.runs import faults, history, log_lines

blueprint = Blueprint("faults", __name__, url_prefix="/data-collection/history/<execution_uuid>")


@blueprint.get("/faults")
@admin_required
def page(execution_uuid: str) -> Response:
    """Show the refused lines and the conflicts of a run, a hundred at a time."""
    run = _run(execution_uuid)
    number = parameters.check(FaultPage, request.args).page
    found = faults.fetch(service.current().database, run["execution_uuid"], number)
    given = parameters.current()
    return _private(render_template("faults.html", run=run, found=found, given=given))


@blueprint.get("/faults.csv")
@admin_required
def download(execution_uuid: str) -> Response:
    """Send all of them as CSV."""
    run = _run(execution_uuid)
    answer = _private(faults.as_csv(service.current().database, run["execution_uuid"]))
    answer.mimetype = "text/csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="faults-{run["execution_uuid"]}.csv"'
    return answer


@blueprint.get("/log")
@admin_required
def log(execution_uuid: str) -> Response:
    """Send the log lines of a run."""
    run = _run(execution_uuid)
    answer = _private(log_lines.of_run(service.current().config, run["execution_uuid"]))
    answer.mimetype = "text/plain"
    return answer


def _run(text: str) -> dict[str, Any]:
    shared = service.current()
    try:
        run = history.one(shared.database, str(uuid.UUID(text)), shared.config.zone)
    except ValueError:
        run = None
    return run or abort(404, _("There is no such run."))


def _private(body: str) -> Response:
    answer = make_response(body)
    answer.headers["Cache-Control"] = "no-store"
    return answer
