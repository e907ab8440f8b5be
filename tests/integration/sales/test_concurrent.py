"""Others insert orders while a day is computed: what the day does not hold stays marked."""

import threading
import time
from contextlib import closing
from datetime import date

import psycopg2
import pytest

from tests.integration.sales.orders import INSERT, insert, marked, plain, run, stored, version

DAY = date(2025, 12, 1)


@pytest.fixture
def other(world):
    """Another connection; what it does stays open until it commits."""
    with closing(psycopg2.connect(world.connection.dsn)) as connection:
        yield connection


@pytest.fixture
def meanwhile(world, database_url):
    """Do something as soon as somebody waits for a lock on a table."""
    threads = []

    def begin(table, work):
        def wait():
            with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
                connection.autocommit = True
                for _ in range(600):
                    cursor.execute(
                        "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = %s::regclass", (table,)
                    )
                    if cursor.fetchone():
                        work()
                        return
                    time.sleep(0.05)

        threads.append(threading.Thread(target=wait))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_a_run_waits_for_an_insert_that_is_open_and_counts_it(world, other, meanwhile):
    assert run(world).code == 0
    other.cursor().execute(INSERT, version(1))
    meanwhile("raw_orders", other.commit)
    assert run(world).code == 0
    assert stored(world)[DAY] == plain([version(1)], DAY)
    assert marked(world) == []


def test_what_is_inserted_while_a_day_is_computed_stays_marked(world, database_url, other, meanwhile):
    assert run(world).code == 0
    insert(world, version(1))
    other.cursor().execute("LOCK TABLE daily_sales IN EXCLUSIVE MODE")

    def insert_more():
        with closing(psycopg2.connect(database_url)) as third:
            third.cursor().execute(INSERT, version(2))
            third.commit()

    def begin_insert():
        # The run has cleared the day's marks and is about to delete the day: now an insert begins.
        threading.Thread(target=insert_more).start()
        meanwhile("raw_orders", other.commit)

    meanwhile("daily_sales", begin_insert)
    assert run(world).code == 0
    assert stored(world)[DAY] == plain([version(1)], DAY)
    for _ in range(200):
        if marked(world):
            break
        time.sleep(0.05)
    assert marked(world) == ["2025-12-01"]
    result = run(world, "--date", "2025-12-05", "--late")
    assert len(result.records) == 2
    assert stored(world)[DAY] == plain([version(1), version(2)], DAY)


def test_versions_of_one_order_from_two_sides_do_not_miss_each_other(world, other, meanwhile):
    assert run(world).code == 0
    # The correction is there first, not yet committed, and knows of no earlier day.
    other.cursor().execute(INSERT, version(1, 2, at="2025-12-02 10:00"))
    insert(world, version(1, 1))
    meanwhile("raw_orders", other.commit)
    assert run(world, "--late").code == 0
    assert marked(world) == []
    assert {str(day): rows[None][0] for day, rows in stored(world).items()} == {
        "2025-12-01": 0,
        "2025-12-02": 1,
    }


def test_marks_of_open_transactions_do_not_wait_for_one_another(world, other):
    assert run(world).code == 0
    other.cursor().execute(INSERT, version(1))
    insert(world, version(2))
    assert marked(world) == ["2025-12-01"]
    other.commit()
    assert world.value("SELECT count(*) FROM touched_sales_date") == 2


def test_one_who_may_only_insert_orders_marks_their_days(world, database_url):
    assert run(world).code == 0
    world.do(
        "CREATE ROLE shop; GRANT INSERT ON raw_orders TO shop; SET ROLE shop;"
        "INSERT INTO raw_orders VALUES (1, 1, 5, 'meter', 1, 1, 'ordered', '2025-11-20 00:00+09');"
        "RESET ROLE; DROP OWNED BY shop; DROP ROLE shop"
    )
    assert marked(world) == ["2025-11-20"]
