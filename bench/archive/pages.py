"""The energy page, cold: many sources over years against one source over a month."""

from contextlib import closing
from datetime import date, timedelta

from psycopg2.extensions import connection as Connection

from bench.web.cold import Viewer
from bench.web.databases import SETTINGS, Cluster, cluster, connect
from bench.web.fill import LAST_DAY, vacuum
from bench.web.report import Row, at_most, compare, tell, timed
from etl.config import Config
from etl.database.connection import transaction
from etl.database.queries import Sql
from etl.jobs.archive.marts import RECENT_DAYS

MOST = 1.5
SOURCES, DAYS, SMALL_DAYS = 1_000, 3 * 365, 30
ENERGY = """
    INSERT INTO dataset (tz, consumption_unit, data_version) VALUES ('Asia/Tokyo', 'Wh', 1);
    INSERT INTO archive_day (energy_date, points, archived_at, modelled_at)
    SELECT day::date, %(sources)s * 8640, now(), now()
    FROM generate_series(%(first)s::timestamp, %(last)s, '1 day') AS day;
    INSERT INTO daily_energy
    SELECT energy_date, 'meter' || n, round((n * 7919 + energy_date - '2000-01-01') %% 30011 * 0.001234, 6),
        n %% 97 = 0 AND extract(DAY FROM energy_date) = 5, 300 + n %% 4000, 8640,
        48 - (n + extract(DAY FROM energy_date)::integer) %% 2, 48
    FROM archive_day CROSS JOIN generate_series(1, %(sources)s) AS n
"""


def energy_page() -> Row:
    """Measure the page with 1,000 sources over three years against one source over 30 days."""
    with cluster(SETTINGS) as server:
        return measure(server, SOURCES, DAYS)


def measure(server: Cluster, sources: int, days: int) -> Row:
    """Give the row.

    Parameters
    ----------
    server : Cluster
        Where both databases go.
    sources, days : int
        Of the large one.
    """
    large, small = server.create("large"), server.create("small")
    seconds = timed(lambda: fill(large, sources, days))
    tell(f"{sources * days:,} rows of energy made in {seconds:.0f} s")
    fill(small, 1, SMALL_DAYS)
    many, one = Viewer(large), Viewer(small)
    pair = compare("whole page", lambda: many.cold("/energy"), lambda: one.cold("/energy"))
    what = f"cold energy page, {sources:,} sources and {days:,} days against 1 and {SMALL_DAYS}"
    return at_most(what, [pair], MOST)


def fill(config: Config, sources: int, days: int) -> None:
    """Fill a database that has the schema and no rows.

    Parameters
    ----------
    config : Config
        Of the database.
    sources, days : int
        How many sources send points, on how many days up to `LAST_DAY`.
    """
    first = LAST_DAY - timedelta(days=days - 1)
    with closing(connect(config.database_url)) as connection:
        with transaction(connection):
            _insert(connection, sources, first)
        vacuum(connection)


def _insert(connection: Connection, sources: int, first: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ENERGY, {"sources": sources, "first": first, "last": LAST_DAY})
    days = [first + timedelta(days=n) for n in range((LAST_DAY - first).days + 1)]
    sql = Sql(connection)
    sql("archive/insert_daily_energy_total", days=days)
    sql("archive/insert_recent_energy", newest=RECENT_DAYS)
