"""The viewer over a world's database, and what it asks that database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from etl import config as settings
from etl import state
from etl.config import Config
from etl.database import viewer_role
from tests.conftest import TEMPLATE, _database
from tests.web.site import Viewer
from tests.world import DAY, World
from web.data.database import Database

# They ask whether anything changed.
CHEAP = ("web/version", "web/late_sales", "web/unmodelled_days")


@pytest.fixture
def world(world: World) -> World:
    """A world in which the batch has made the viewer's role."""
    viewer_role.ensure(world.connection, settings.load())
    return world


@pytest.fixture
def viewer(world: World) -> Viewer:
    """The viewer over the database of `world`, with a cache of its own; it has asked nothing yet."""
    return Viewer()


@pytest.fixture
def bare(tmp_path: Path) -> Viewer:
    """A viewer whose database does not answer."""
    config = Config(database_url="postgresql://127.0.0.1:1/none", state_dir=tmp_path)
    state.write_once(viewer_role._path(config), "somebody secret\n")
    return Viewer(config)


@pytest.fixture(scope="session")
def three_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with three users, loaded once, of which each test gets a clone."""
    databases = _database(TEMPLATE)
    with pytest.MonkeyPatch.context() as patch:
        world = World(tmp_path_factory.mktemp("loaded"), next(databases), patch)
        world.start("5,a1,t1", "6,a1,t1", "7,a2,t2")
        world.put_readings(
            5, "2026-03-02 00:00,100", "2026-03-02 00:30,200.5", "2026-03-04 13:00,0", "2026-03-04 23:59,1000"
        )
        world.put_readings(6, "2026-03-02 00:00,300", "2026-03-09 13:30,50")
        assert world.run("--date", DAY).code == 0
        name = world.value("SELECT current_database()")
        world.close()
    yield name
    next(databases, None)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the schema: with three users for those who ask for `small`, else empty."""
    small = "small" in request.fixturenames
    yield from _database(request.getfixturevalue("three_users") if small else TEMPLATE)


@pytest.fixture
def small(world: World) -> World:
    """A world of three users; 7 has no readings, 5 has none on 2026-03-03."""
    return world


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the queries that viewers send from now on, but for the cheap ones."""
    names: list[str] = []

    def spied(method: Callable) -> Callable:
        def spy(self: Database, name: str, *given: object, **parameters: object) -> object:
            if name not in CHEAP:
                names.append(name)
            return method(self, name, *given, **parameters)

        return spy

    for name, method in vars(Database).items():
        if callable(method) and not name.startswith("_"):
            monkeypatch.setattr(Database, name, spied(method))
    return names
