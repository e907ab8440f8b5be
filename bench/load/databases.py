"""Databases for the benchmark of the batch: templates with registered users, and a clone for every run.

So every run finds the same state, and none the leftovers of another.
"""

from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date

from psycopg2 import sql

from bench.load import inputs, sides
from bench.web.databases import Cluster, connect
from bench.web.fill import vacuum
from etl.config import Config

REGISTERED_ON = date(2020, 1, 1)


@dataclass
class Databases:
    """Those of one server.

    Attributes
    ----------
    server : Cluster
        With its default settings.
    """

    server: Cluster
    _templates: set[str] = field(default_factory=set)

    def template(self, users: int) -> str:
        """Make the database in which so many users are registered, unless it is there."""
        name = f"users_{users}"
        if not self.has(name):
            config = self.server.create(name)
            if users:
                inputs.write_masters(config.data_dir, users)
                sides.batch(config, "--date", REGISTERED_ON.isoformat())
            self.keep(name)
        return name

    def keep(self, name: str) -> None:
        """Leave a database as it is, to be cloned."""
        with closing(connect(self.url(name))) as connection:
            vacuum(connection)
        self._templates.add(name)

    def has(self, name: str) -> bool:
        """Whether there is such a template."""
        return name in self._templates

    @contextmanager
    def clone(self, template: str, name: str = "work", large: bool = False) -> Generator[Config]:
        """Give a copy of a database for the time of the block."""
        config = self.copy(template, name, large)
        try:
            yield config
        finally:
            self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def copy(self, template: str, name: str, large: bool = False) -> Config:
        """Give a copy of a database.

        Parameters
        ----------
        template, name : str
            What to copy, and what the copy is called.
        large : bool
            Copy the files instead of writing all pages to the log.
        """
        strategy = "FILE_COPY" if large else "WAL_LOG"
        make = sql.SQL(f"CREATE DATABASE {{}} TEMPLATE {{}} STRATEGY {strategy}")
        self.execute(make.format(sql.Identifier(name), sql.Identifier(template)))
        home = self.server.folder / name
        return Config(
            database_url=self.url(name),
            data_dir=home / "data",
            state_dir=home / "state",
            log_dir=home / "logs",
        )

    def ask(self, url: str, query: str, values: tuple = ()) -> list[tuple]:
        """Give the rows of a query."""
        with closing(connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def execute(self, statement: sql.Composable) -> None:
        """Run a statement in the database `postgres`."""
        with closing(connect(self.server.url)) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def url(self, name: str) -> str:
        """Of a database."""
        return self.server.url.replace("/postgres?", f"/{name}?")
