"""A PostgreSQL of the benchmark's own, in a temporary folder; measures nothing itself.

For the viewer it is tuned for filling tables fast and for measuring calmly: no fsync, no autovacuum
(`fill` vacuums and analyzes everything once). What a query costs is left as the viewer finds it: the
default buffers. `bench.load` takes the server as it comes.
"""

import os
import shutil
import tempfile
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from etl.config import SINGLE, Config
from etl.database import migrations, server, viewer_role

TZ = "Asia/Tokyo"
SETTINGS = {
    "fsync": "off",
    "autovacuum": "off",
    # Rows that come with the transaction that makes their table need no WAL then.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
}


@dataclass(frozen=True)
class Cluster:
    """The running server.

    Attributes
    ----------
    folder : Path
        Holds the server and one folder for each database's viewer.
    url : str
        Of the database `postgres`.
    """

    folder: Path
    url: str

    def create(self, name: str) -> Config:
        """Make a database with the schema and no rows.

        Parameters
        ----------
        name : str
            Of the database, and of the folder with its inbox, cache and logs.

        Returns
        -------
        Config
            Settings of a viewer or batch of it.
        """
        with closing(connect(self.url)) as admin, admin.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url, home = self.url.replace("/postgres?", f"/{name}?"), self.folder / name
        config = Config(
            database_url=url, data_dir=home / "data", state_dir=home / "state", log_dir=home / "logs", tz=TZ
        )
        with closing(connect(url)) as connection:
            migrations.apply(connection)
            viewer_role.ensure(connection, config)
        return config


@contextmanager
def cluster(settings: Mapping[str, str] = SETTINGS) -> Generator[Cluster]:
    """Start the server; stop it and remove its folder at the end, whatever happens.

    Parameters
    ----------
    settings : mapping
        Where it differs from the embedded server that users have.
    """
    folder = Path(tempfile.mkdtemp(prefix="mhbench"))
    try:
        with closing(connect(server.start(folder))) as admin, admin.cursor() as cursor:
            for name, value in settings.items():
                cursor.execute(sql.SQL("ALTER SYSTEM SET {} = %s").format(sql.Identifier(name)), (value,))
        server.stop(folder)
        yield Cluster(folder, server.start(folder))
    finally:
        server.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


def connect(url: str) -> Connection:
    """Open a connection in autocommit mode, as the owner of the tables."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    return connection


def environment(config: Config, **more: str) -> dict[str, str]:
    """Give the environment of a process with these settings, and none of the owner's `.env`.

    Parameters
    ----------
    config : Config
        Its database, folders and time zone count.
    **more : str
        Further settings.
    """
    unset = {name.upper(): "" for name in SINGLE}
    given = {
        "DATABASE_URL": config.database_url,
        "DATA_DIR": str(config.data_dir),
        "STATE_DIR": str(config.state_dir),
        "LOG_DIR": str(config.log_dir),
        "TZ": config.tz,
        # The job that psql is compared with; bench.sales has the other.
        "DAILY_JOBS": "consumption",
    }
    return {**os.environ, **unset, **given, **more}
