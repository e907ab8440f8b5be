"""What all views share, and the three addresses that machines ask."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from flask import Blueprint, Response, current_app

from etl.config import Config
from etl.errors import DatabaseUnavailable
from etl.jobs import JOBS
from web.data import load_profile
from web.data.cache import Cache
from web.data.database import Database, NotReady
from web.data.load_profile import Stamp
from web.http import metrics
from web.http.metrics import RunState

Result = TypeVar("Result")
EXTENSION = "meterhouse"
blueprint = Blueprint("service", __name__)


@dataclass
class Service:
    """Settings, connections and cache of one app.

    Attributes
    ----------
    config : Config
        Settings.
    database : Database
        The connections.
    cache : Cache
        Shared by all workers.
    """

    config: Config
    database: Database
    cache: Cache = field(repr=False)

    def data(self, stamp: Stamp, name: str, parameters: tuple, compute: Callable[[], Result]) -> Result:
        """Return a figure from the cache; it depends on its parameters and the data version alone.

        Parameters
        ----------
        stamp : Stamp
            Of this request.
        name : str
            Of the figure.
        parameters : tuple
            Of the figure.
        compute : callable
            Makes it, when nobody has yet.
        """
        return self.cache.once("data", (name, parameters, *stamp.data), compute)


def current() -> Service:
    """Give the service of the app that answers this request."""
    return current_app.extensions[EXTENSION]


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that the process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Say whether the database answers, and has figures or at least the tables for them."""
    try:
        load_profile.stamp(current().database)
    except DatabaseUnavailable as error:
        return Response(f"{error}\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/metrics")
def prometheus() -> Response:
    """Write the figures of this service for Prometheus."""
    try:
        rows = current().database.query("web/run_state", jobs=list(JOBS))
        text = metrics.text([RunState(*row) for row in rows], database_up=True)
    except DatabaseUnavailable as error:
        text = metrics.text([], database_up=isinstance(error, NotReady))
    return Response(text, mimetype="text/plain; version=0.0.4")
