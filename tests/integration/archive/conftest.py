"""One InfluxDB a session, a database a test."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest

from etl.config import Config
from tests.influx import Influxd
from tests.integration.archive.invented import lines
from tests.integration.archive.stores import DAY, METERS
from tests.world import World


@dataclass
class Database:
    """An empty database of a server, for one test."""

    server: Influxd
    name: str

    def config(self, **settings: object) -> Config:
        """Settings that read it."""
        return self.server.config(self.name, **settings)

    def write(self, lines: Iterable[str], precision: str = "s") -> None:
        """Write points in line protocol."""
        self.server.write(self.name, lines, precision)


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    server = Influxd(tmp_path_factory.mktemp("influxd"))
    yield server
    server.stop()


@pytest.fixture
def influx(influxd: Influxd) -> Iterator[Database]:
    database = Database(influxd, f"t_{uuid.uuid4().hex}")
    database.write([])
    yield database
    influxd.query(f'DROP DATABASE "{database.name}"')


@pytest.fixture
def site(world: World, influx: Database) -> World:
    """An empty archive beside an InfluxDB with one day of three meters."""
    world.set(INFLUX_URL=influx.server.url, INFLUX_BUCKET=influx.name)
    influx.write(lines(METERS, DAY))
    return world
