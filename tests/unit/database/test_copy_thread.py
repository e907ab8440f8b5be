"""The thread that writes: everything in order, few COPYs, and no fault goes unnoticed."""

from contextlib import closing, suppress
from threading import active_count

import numpy as np
import psycopg2
import pytest
from psycopg2 import errors

from etl.database.copy_rows import to_rows
from etl.database.copy_thread import Writer
from etl.errors import CheckFailed


@pytest.fixture
def connection(database_url):
    with closing(psycopg2.connect(database_url)) as made:
        with made.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE one (n bigint); CREATE TEMP TABLE other (n bigint)")
        yield made


@pytest.fixture
def writer(connection):
    with closing(Writer(connection)) as made:
        yield made


def rows(*numbers: int) -> tuple[bytes, int]:
    return to_rows(np.array(numbers, dtype=np.int64)), len(numbers)


def ask(connection, question: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall()


def test_pieces_for_one_table_go_in_one_copy(connection, writer):
    for n in range(10):
        writer.copy("one", *rows(n, n + 100))
    writer.copy("other", *rows(7))
    writer.copy("one", *rows(8))
    writer.wait()
    assert ask(connection, "SELECT array_agg(n ORDER BY ctid) FROM one") == [
        ([part for n in range(10) for part in (n, n + 100)] + [8],)
    ]
    assert ask(connection, "SELECT n FROM other") == [(7,)]
    # All rows of a statement bear its number.
    assert ask(connection, "SELECT count(*) FROM one GROUP BY cmin::text ORDER BY 1") == [(1,), (20,)]


def test_no_rows_are_fine(connection, writer):
    writer.copy("one", *rows())
    writer.wait()
    assert ask(connection, "SELECT * FROM one") == []


def test_a_call_finds_what_was_sent_before_and_nothing_after(connection, writer):
    found = []
    writer.copy("one", *rows(1, 2))
    writer.call(lambda: found.extend(ask(connection, "SELECT sum(n)::int FROM one")))
    writer.copy("one", *rows(3))
    writer.wait()
    assert found == [(3,)]


def test_frozen_rows_are_visible_to_a_snapshot_from_before(connection, database_url):
    with closing(Writer(connection)) as writer, closing(psycopg2.connect(database_url)) as reader:
        ask(connection, "CREATE TABLE fresh (n bigint); SELECT 1")
        reader.set_session(isolation_level="REPEATABLE READ")
        ask(reader, "SELECT 1")
        writer.copy("fresh", *rows(1), freeze=True)
        writer.wait()
        connection.commit()
        assert ask(reader, "SELECT n FROM fresh") == [(1,)]


def test_a_fault_is_raised_and_nothing_after_it_is_done(connection, writer):
    ask(connection, "SAVEPOINT here; SELECT 1")
    writer.copy("nowhere", *rows(1))
    with pytest.raises(errors.UndefinedTable):
        for _ in range(20):
            # Far more than is sent ahead: neither side may wait for ever.
            writer.copy("one", *rows(2))
            writer.call(lambda: pytest.fail("done after a fault"))
        writer.wait()
    ask(connection, "ROLLBACK TO here; SELECT 1")
    with suppress(errors.UndefinedTable):
        writer.wait()
    writer.copy("one", *rows(3))
    writer.wait()
    assert ask(connection, "SELECT n FROM one") == [(3,)]


def test_a_fault_in_a_call_is_raised(writer):
    writer.call(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        writer.wait()
    writer.wait()


def test_rows_that_are_not_there_are_missed(writer):
    encoded, _ = rows(1, 2)
    writer.copy("one", encoded, 3)
    with pytest.raises(CheckFailed, match="3 rows were sent to one, 2 arrived"):
        writer.wait()


def test_what_is_damaged_under_way_is_an_error(writer):
    writer.copy("one", rows(1)[0] + b"\0", 1)
    with pytest.raises(psycopg2.DataError):
        writer.wait()


def test_a_cancelled_copy_frees_the_connection(connection, writer, monkeypatch):
    monkeypatch.setattr("etl.database.copy_thread.COPY_BYTES", 10_000)
    with pytest.raises(errors.QueryCanceled):
        while True:
            writer.copy("one", *rows(1))
            # One that comes before the statement is for nothing.
            connection.cancel()
    connection.rollback()
    assert ask(connection, "SELECT 1") == [(1,)]


def test_closing_ends_the_thread_in_the_middle_of_a_copy(connection):
    before = active_count()
    writer = Writer(connection)
    writer.copy("one", *rows(1))
    assert active_count() == before + 1
    writer.close()
    assert active_count() == before
    connection.rollback()
