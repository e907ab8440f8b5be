"""The three addresses that machines ask: whether it lives, whether it can answer, and its metrics."""

from flask import Blueprint, Response, request

from etl.errors import DatabaseUnavailable
from etl.jobs import JOBS
from etl.log import log
from etl.runs.failures import first_line
from web import service
from web.data.database import NotReady
from web.http import exposure, metrics
from web.http.metrics import RunState

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Say whether the database answers, and has figures or at least the tables for them."""
    try:
        service.current().stamp()
    except DatabaseUnavailable as error:
        log.warning("not ready", reason=first_line(error.__cause__ or error))
        # It may name folders of this machine.
        text = (
            str(error) if exposure.is_local(request.environ) else "not ready; the log of the viewer says why"
        )
        return Response(f"{text}\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/metrics")
def prometheus() -> Response:
    """Write the figures of this service for Prometheus."""
    try:
        rows = service.current().database.query("web/run_state", jobs=list(JOBS))
        text = metrics.text([RunState(*row) for row in rows], database_up=True)
    except DatabaseUnavailable as error:
        text = metrics.text([], database_up=isinstance(error, NotReady))
    return Response(text, mimetype="text/plain; version=0.0.4")
