"""Rows for the benchmark's databases, made by PostgreSQL itself; measures nothing.

Users are 3 areas x 4 tariffs; every 50th has departed, and a few have no readings. The aggregates are
computed from the readings, so they agree; `more_days` repeats the first day's cells backwards, because
a month of readings of 300,000 users would take longer to make than everything here takes to run.
"""

from contextlib import closing
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from bench.web.databases import TZ, connect
from etl.config import Config
from etl.database.connection import transaction
from etl.database.queries import Sql
from etl.readings.partitions import Partitions

LAST_DAY = date(2025, 12, 31)
AREAS = ["Hokkaido", "Kansai", "Tokyo"]
TARIFFS = ["business", "green", "night", "standard"]

PEOPLE = """
    INSERT INTO dataset (tz, consumption_unit, users_as_of, data_version)
    VALUES (%(tz)s, 'Wh', %(last_day)s, 1);
    INSERT INTO run (execution_uuid, job_name, started_at, finished_at, status)
    VALUES (gen_random_uuid(), 'consumption', now(), now(), 'SUCCESS');
    INSERT INTO area (name) SELECT unnest(%(areas)s);
    INSERT INTO tariff (name) SELECT unnest(%(tariffs)s);
    INSERT INTO app_user (id) SELECT generate_series(1, %(users)s);
    INSERT INTO contract (user_id, area_id, tariff_id, valid_from, valid_to, opened_on)
    SELECT id, 1 + id %% 3, 1 + id / 3 %% 4, '-infinity',
        CASE WHEN id %% 50 = 0 THEN %(last_day)s::date + 1 END, %(last_day)s
    FROM app_user
"""
READINGS = """
    INSERT INTO {} (user_id, measured_at, energy_wh)
    SELECT id, %(midnight)s + slot * interval '30 minutes',
        (500 + slot * 40 + (id * 7919 + slot * 104729 + %(number)s::bigint * 1299709) %% 6007) * 0.1
    FROM generate_series(1::bigint, %(users)s) AS id CROSS JOIN generate_series(0, 47) AS slot
    WHERE id %% 1000 <> 7
"""
TOTALS = """
    INSERT INTO user_total (user_id, segment_id, readings, energy_wh, last_measured_at)
    SELECT newest.user_id, segment.id, coalesce(own.readings, 0), coalesce(own.energy_wh, 0),
        coalesce(own.last_measured_at, '-infinity')
    FROM newest_contract AS newest
    INNER JOIN user_segment AS segment USING (area_id, tariff_id, is_active)
    LEFT JOIN (
        SELECT user_id, count(*) AS readings, sum(energy_wh) AS energy_wh,
            max(measured_at) AS last_measured_at
        FROM web.reading
        GROUP BY user_id
    ) AS own ON newest.user_id = own.user_id
"""
CELLS = """
    INSERT INTO load_by_date (local_date, hour, area_id, tariff_id, readings, energy_wh)
    SELECT (clock - back * interval '1 day')::date, extract(HOUR FROM clock), area_id, tariff_id,
        sum(readings), sum(energy_wh)
    FROM (
        SELECT own.measured_at AT TIME ZONE %(tz)s AS clock, c.area_id, c.tariff_id,
            count(*) AS readings, sum(own.energy_wh) AS energy_wh
        FROM web.reading AS own
        INNER JOIN contract AS c ON own.user_id = c.user_id
        GROUP BY 1, 2, 3
    ) AS timed
    CROSS JOIN generate_series(0, %(more_days)s) AS back
    GROUP BY 1, 2, 3, 4;
    INSERT INTO load_profile (weekday, hour, area_id, tariff_id, readings, energy_wh)
    SELECT extract(ISODOW FROM local_date), hour, area_id, tariff_id, sum(readings), sum(energy_wh)
    FROM load_by_date
    GROUP BY 1, 2, 3, 4
"""
# The same name in the view that the pages read, and the same key: only the partitions are gone.
PLAIN = """
    CREATE TABLE plain_reading (
        user_id bigint NOT NULL, measured_at timestamptz NOT NULL, energy_wh numeric NOT NULL,
        PRIMARY KEY (user_id, measured_at)
    );
    CREATE OR REPLACE VIEW web.reading AS SELECT user_id, measured_at, energy_wh FROM plain_reading
"""
TABLES = (
    "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


def fill(config: Config, users: int, days: int, more_days: int = 0, plain: bool = False) -> None:
    """Fill a database that has the schema and no rows.

    Parameters
    ----------
    config : Config
        Of the database.
    users, days : int
        Ids from 1; whole days of readings up to `LAST_DAY`, loaded in their order.
    more_days : int
        By how many days before `LAST_DAY` the cells go back without readings of their own.
    plain : bool
        Keep the readings in one table with an index instead of day partitions.
    """
    dates = [LAST_DAY - timedelta(days=back) for back in range(days)][::-1]
    with closing(connect(config.database_url)) as connection:
        with transaction(connection), connection.cursor() as cursor:
            run = Sql(connection)
            cursor.execute(
                PEOPLE, {"tz": TZ, "last_day": LAST_DAY, "areas": AREAS, "tariffs": TARIFFS, "users": users}
            )
            if plain:
                cursor.execute(PLAIN)
            else:
                partitions = Partitions(run, Config(tz=TZ, day_partitions_from_users=0))
                partitions.cover(set(dates))
                for fresh in partitions.detached:
                    partitions.attach(fresh)
            insert = sql.SQL(READINGS).format(sql.Identifier("plain_reading" if plain else "reading"))
            for day in dates:
                midnight = datetime.combine(day, time(), ZoneInfo(TZ))
                cursor.execute(insert, {"midnight": midnight, "users": users, "number": day.toordinal()})
            run("readings/add_segments")
            cursor.execute(TOTALS)
            run("readings/count_segments")
            cursor.execute(CELLS, {"tz": TZ, "more_days": more_days})
        vacuum(connection)


def vacuum(connection: Connection) -> None:
    """Vacuum and analyze each table; of the partitioned parent there are no statistics, as in real life."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.SQL(name)))
