"""The schema: applied once, upgraded without losing a row, explained, guarded; its partitions."""

import shutil
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import psycopg2
import pytest

from etl.database import migrations
from tests.world import DAY


def test_a_database_of_an_older_version_is_upgraded_without_losing_a_row(world, tmp_path):
    world.start("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,1")
    world.run("--date", DAY)
    before = world.dump()
    newest = max(migrations.files())
    folder = tmp_path / "schema"
    shutil.copytree(migrations.SCHEMA_DIR, folder)
    (folder / f"{newest + 1:03}_note.sql").write_text("ALTER TABLE app_user ADD COLUMN note text;\n")
    assert migrations.apply(world.connection, folder=folder) == 1
    assert migrations.apply(world.connection, folder=folder) == 0
    assert migrations.recorded(world.connection) == newest + 1
    after = world.dump()
    assert after.keys() == before.keys()
    assert {table: len(rows) for table, rows in after.items()} == {t: len(r) for t, r in before.items()}
    assert world.rows("SELECT id, note FROM app_user") == [(5, None)]


def test_each_version_builds_on_the_one_before(empty_database_url, tmp_path):
    connection = psycopg2.connect(empty_database_url)
    connection.autocommit = True
    folder = tmp_path / "schema"
    folder.mkdir()
    for path in migrations.files().values():
        shutil.copy(path, folder)
        assert migrations.apply(connection, folder=folder) == 1
    assert migrations.apply(connection) == 0
    connection.close()


def test_a_database_of_a_newer_version_is_refused(world):
    world.do("INSERT INTO schema_version (version) VALUES (900)")
    result = world.run("--date", DAY)
    assert result.code == 1
    assert "schema version 900, newer than this Meterhouse" in result.err


def test_every_table_and_view_says_what_a_row_is(world):
    unexplained = world.rows(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname IN ('public', 'web', 'access') AND c.relkind IN ('r', 'p', 'v')"
        " AND NOT c.relispartition AND obj_description(c.oid, 'pg_class') IS NULL"
    )
    assert unexplained == [("schema_version",)]


@pytest.mark.parametrize(
    ("active", "names"),
    [
        (3, ["reading_2026_03"]),
        (2, ["reading_2026_03_01", "reading_2026_03_31"]),
    ],
)
def test_the_width_of_a_partition_is_decided_by_the_active_users(world, active, names):
    world.set(DAY_PARTITIONS_FROM_USERS=str(active))
    world.start("5,a1,t1", "6,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,1", "2026-03-31 23:30,1")
    world.run("--date", DAY)
    assert [name for (name,) in world.rows("SELECT name FROM reading_partition ORDER BY name")] == names


ODD_DAYS = [
    ("Asia/Tokyo", "2016-07-15"),
    ("America/Havana", "2025-11-02"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("Asia/Colombo", "1996-10-26"),
    ("Asia/Colombo", "2006-04-15"),
    ("Antarctica/Casey", "2020-10-04"),
    ("Pacific/Apia", "2011-12-31"),
    ("Europe/Berlin", "2025-10-26"),
    ("Asia/Kathmandu", "1986-01-01"),
]


@pytest.mark.parametrize(("zone", "day"), ODD_DAYS)
def test_a_local_day_begins_when_the_clock_first_shows_it(world, zone, day):
    """Against the plainest definition: walk through the minutes until the local date is reached."""
    start = world.value("SELECT day_start(%s, %s)", day, zone)
    walked = world.value(
        "SELECT min(t) FROM generate_series(%s::timestamptz - interval '2 days',"
        " %s::timestamptz + interval '2 days', interval '1 minute') t WHERE (t AT TIME ZONE %s)::date >= %s",
        day,
        day,
        zone,
        day,
    )
    assert start == walked


ZONES = [
    "Asia/Tokyo",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
]


@pytest.mark.parametrize("minutes", [15, 30, 60, 120, 1440])
@pytest.mark.parametrize("zone", ZONES)
def test_local_days_have_the_intervals_that_zoneinfo_counts(world, zone, minutes):
    first, last = date(2008, 1, 1), date(2025, 12, 31)
    days = "SELECT local_date, intervals FROM local_day(%s, %s, %s, %s)"
    found = dict(world.rows(days, first, last, zone, minutes))
    midnights = [
        datetime.combine(first + timedelta(n), time(), ZoneInfo(zone)).astimezone(UTC)
        for n in range((last - first).days + 2)
    ]
    step = timedelta(minutes=minutes)
    counted = [max((end - begin) // step, int(end > begin)) for begin, end in pairwise(midnights)]
    assert found == {first + timedelta(n): intervals for n, intervals in enumerate(counted)}


def test_half_hours_are_due_while_a_contract_is_in_force(world):
    world.set(TZ="Europe/Berlin")
    world.start("5,a1,t1", "6,a1,t1", day="2026-03-26")
    for day, rows in (("2026-03-28", ["6,a1,t1"]), ("2026-03-29", ["5,a2,t2", "6,a1,t1"])):
        world.put_users(*rows)
        assert world.run("--date", day).code == 0
    due = "SELECT local_date::text, intervals FROM web.expected_interval(%s, '2026-03-27', '2026-03-30')"
    assert world.rows(due, 5) == [("2026-03-27", 48), ("2026-03-29", 46), ("2026-03-30", 48)]
    assert [intervals for _, intervals in world.rows(due, 6)] == [48, 48, 46, 48]
    hourly = "SELECT intervals FROM web.expected_interval(6, '2026-03-27', '2026-03-30', 60)"
    assert world.rows(hourly) == [(24,), (24,), (23,), (24,)]
    assert world.rows(due, 7) == []


def test_a_contract_has_its_readings_until_the_next_one_starts(world):
    world.start("5,a1,t1", "6,a1,t1", day="2026-03-26")
    for day, rows in (("2026-03-28", ["6,a1,t1"]), ("2026-03-30", ["5,a2,t2", "6,a1,t1"])):
        world.put_users(*rows)
        assert world.run("--date", day).code == 0
    periods = "SELECT starts_at::text, ends_at::text FROM contract_period WHERE user_id = %s ORDER BY 1"
    world.do("SET TIME ZONE 'Asia/Tokyo'")
    begin = "2026-03-30 00:00:00+09"
    assert sorted(world.rows(periods, 5)) == sorted([("-infinity", begin), (begin, "infinity")])
    assert world.rows(periods, 6) == [("-infinity", "infinity")]


def test_widths_stand_side_by_side_but_not_within_a_month(world):
    world.start("5,a1,t1", "6,a1,t1")
    steps = [("10000", "2026-01-05"), ("1", "2026-02-05"), ("10000", "2026-02-06"), ("1", "2026-01-06")]
    for users, day in steps:
        world.set(DAY_PARTITIONS_FROM_USERS=users)
        world.put_readings(5, f"{day} 00:00,1")
        assert world.run("--date", DAY).record["inserted_count"] == 1
    assert [name for (name,) in world.rows("SELECT name FROM reading_partition ORDER BY name")] == [
        "reading_2026_01",
        "reading_2026_02_05",
        "reading_2026_02_06",
    ]
    world.verify()


def test_a_run_that_would_add_too_many_partitions_is_refused(world):
    world.start("5,a1,t1")
    before = world.dump()
    world.set(MAX_NEW_PARTITIONS="2")
    world.put_readings(5, "2026-01-01 00:00,1", "2026-02-01 00:00,1", "2026-03-01 00:00,1")
    result = world.run("--date", DAY)
    assert result.code == 1
    assert "raise MAX_NEW_PARTITIONS" in result.record["error_summary"]
    assert world.dump() == before
    world.set(MAX_NEW_PARTITIONS="3")
    assert world.run("--date", DAY).code == 0


def test_a_load_blocks_no_reader(world):
    """Another session reads the aggregates and readings while partitions are made."""
    world.start("5,a1,t1")
    world.put_readings(5, "2026-01-01 00:00,1")
    world.run("--date", DAY)
    world.do("SET lock_timeout = '1s'")
    world.do("BEGIN")
    assert world.value("SELECT count(*) FROM web.reading") == 1
    world.put_readings(5, "2026-02-01 00:00,1")
    assert world.run("--date", DAY).code == 0
    assert world.value("SELECT count(*) FROM web.user") == 1
    world.do("COMMIT")
    assert world.value("SELECT count(*) FROM web.reading") == 2


def test_an_sql_error_names_file_and_line(world):
    world.start("5,a1,t1")
    world.do("ALTER TABLE user_total RENAME COLUMN energy_wh TO wh")
    world.put_readings(5, "2026-01-01 00:00,1")
    result = world.run("--date", DAY)
    assert result.code == 1
    assert "sql/readings/apply_user_total.sql:17: column held.energy_wh" in result.record["error_summary"]


def test_requests_of_older_versions_are_taken_over(empty_database_url, tmp_path):
    """A request that was never taken up was a FAILURE that still had the key; another may be waiting."""
    older = tmp_path / "schema"
    shutil.copytree(migrations.SCHEMA_DIR, older, ignore=shutil.ignore_patterns("009*", "01*"))
    with closing(psycopg2.connect(empty_database_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        migrations.apply(connection, folder=older)
        cursor.execute(
            "INSERT INTO run (execution_uuid, job_name, started_at, finished_at, status, metadata) VALUES"
            " (gen_random_uuid(), 'a', now(), now(), 'FAILURE', '{\"requested\": true}'),"
            " (gen_random_uuid(), 'a', now(), NULL, 'RUNNING',"
            '  \'{"requested": true, "date": "2026-04-01"}\'),'
            " (gen_random_uuid(), 'a', now(), now(), 'SUCCESS', NULL)"
        )
        migrations.apply(connection)
        cursor.execute(
            "SELECT status, requested_at IS NULL, metadata, is_full, run_date::text FROM run ORDER BY id"
        )
        assert cursor.fetchall() == [
            ("FAILURE", True, {}, True, None),
            ("RUNNING", False, {"date": "2026-04-01"}, True, "2026-04-01"),
            ("SUCCESS", True, None, True, None),
        ]
