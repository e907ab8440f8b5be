"""What all views of an app share: settings, connections and cache."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from flask import current_app

from etl.config import Config
from web.data import load_profile
from web.data.cache import Cache
from web.data.database import Database
from web.data.load_profile import Stamp

Result = TypeVar("Result")
EXTENSION = "meterhouse"


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

    def stamp(self) -> Stamp | None:
        """Fetch what pages depend on; None before the first import."""
        return load_profile.stamp(self.database, self.config.daily_jobs)

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
