"""Binary COPY, as PostgreSQL itself understands it: it must be told exactly what text would tell it."""

from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import numpy as np
import psycopg2
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from etl.database.copy_rows import END, SIGNATURE, Numeric, to_rows

UNITS = st.one_of(
    st.integers(0, 10**18 - 1),
    st.integers(0, 99_999),
    st.builds(lambda digits, zeros: digits * 10**zeros, st.integers(0, 9_999), st.integers(0, 14)),
    st.builds(lambda zeros, off: 10**zeros + off, st.integers(1, 18), st.sampled_from([-1, 0])),
)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1))
ROWS = st.lists(
    st.tuples(
        st.integers(-(2**15), 2**15 - 1),
        st.integers(-(2**31), 2**31 - 1),
        st.integers(-(2**63), 2**63 - 1),
        st.dates(date(1970, 1, 1), date(2100, 1, 1)),
        TIMES,
        st.integers(0, 10**18),
    ),
    max_size=6,
)


@pytest.fixture
def cursor(database_url):
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as made:
        made.execute("SET TIME ZONE 'UTC'")
        made.execute("CREATE TEMP TABLE number (place bigint, value numeric)")
        made.execute("CREATE TEMP TABLE mixed (a int2, b int4, c int8, d date, e timestamptz, f numeric)")
        yield made


def copied(cursor, table: str, *columns) -> list[tuple]:
    """What the table has after a COPY into it, in the order of its first column."""
    cursor.execute(f"TRUNCATE {table}")
    cursor.copy_expert(
        f"COPY {table} FROM STDIN (FORMAT binary)", BytesIO(SIGNATURE + to_rows(*columns) + END)
    )
    cursor.execute(f"SELECT * FROM {table}")
    return cursor.fetchall()


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(units=st.lists(UNITS, max_size=20), scale=st.sampled_from([6, 3]))
@example(units=[10**18, 1], scale=6)
@example(units=[0], scale=3)
@example(units=[], scale=6)
@example(units=[10**14, 1, 10**6, 100], scale=6)
def test_a_numeric_is_the_same_as_from_text_without_zeros_at_its_end(cursor, units, scale):
    """The text as well: how many decimals a numeric shows is kept apart from its digits."""
    column = np.array(units, dtype=np.int64)
    copied(cursor, "number", np.arange(len(units)), Numeric(column, scale))
    cursor.execute(
        "SELECT place, value::text, trim_scale(text::numeric)::text, value = text::numeric, scale(value)"
        " FROM number JOIN unnest(%s::text[]) WITH ORDINALITY AS t (text, n) ON n = place + 1 ORDER BY 1",
        ([str(Decimal(unit).scaleb(-scale)) for unit in units],),
    )
    found = cursor.fetchall()
    assert len(found) == len(units)
    for place, text, trimmed, equal, shown in found:
        assert (text, equal) == (trimmed, True)
        assert Decimal(text) == Decimal(units[place]).scaleb(-scale)
        assert shown == len(text.partition(".")[2])


@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(rows=ROWS)
@example(rows=[])
@example(rows=[(0, 0, 0, date(2000, 1, 1), datetime(2000, 1, 1), 0)])
@example(rows=[(-1, -1, -1, date(1999, 12, 31), datetime(1999, 12, 31, 23, 59, 59, 999_999), 1)])
def test_rows_of_every_type_arrive_as_they_were(cursor, rows):
    columns = list(zip(*rows, strict=True)) or [()] * 6
    types = ("i2", "i4", "i8", "datetime64[D]", "datetime64[us]", "i8")
    a, b, c, d, e, f = (np.array(values, dtype=kind) for values, kind in zip(columns, types, strict=True))
    found = copied(cursor, "mixed", a, b, c, d, e, Numeric(f, 6))
    assert found == [(*row[:4], row[4].replace(tzinfo=UTC), Decimal(row[5]).scaleb(-6)) for row in rows]


def test_a_column_that_is_a_view_with_gaps_arrives_whole(cursor):
    both = np.arange(20, dtype=np.int64).reshape(10, 2)
    found = copied(cursor, "number", both[:, 0], Numeric(both[::-1, 1], 3))
    assert found == [(2 * n, Decimal(19 - 2 * n).scaleb(-3)) for n in range(10)]


def test_a_number_computes_like_any_other(cursor):
    """Digits that are no multiple of four and zeros in front must not show in sums or comparisons."""
    copied(cursor, "number", np.arange(3), Numeric(np.array([10**17, 1, 25 * 10**5]), 6))
    cursor.execute("SELECT sum(value)::text, max(value)::text, count(DISTINCT value + 0) FROM number")
    assert cursor.fetchall() == [("100000000002.500001", "100000000000", 3)]
