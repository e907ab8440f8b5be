"""Whatever arrives, in any order, `daily_sales` ends as a plain recomputation of the orders."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.sales.orders import (
    RESET,
    TOKYO,
    Version,
    insert,
    marked,
    plain,
    put,
    run,
    stored,
    version,
)

FIRST = date(2025, 11, 29)
versions = st.builds(
    Version,
    st.integers(1, 2),
    st.integers(1, 5),
    st.integers(1, 3),
    st.sampled_from(["meter", 'a "cable"', "x\\n, y"]),
    st.integers(0, 3),
    st.decimals(0, 1000, places=2),
    st.sampled_from(["ordered", "cancelled"]),
    st.builds(
        lambda hours: datetime(2025, 11, 29, tzinfo=TOKYO) + timedelta(hours=hours), st.integers(0, 119)
    ),
)
# Orders arrive, by file or not, and then a day is run, with late ones or not, or none.
RUNS = [(), (0,), (2,), (4,), (1, "--late"), (3, "--late")]
steps = st.lists(
    st.tuples(st.booleans(), st.lists(versions, min_size=1, max_size=3), st.sampled_from(RUNS)),
    min_size=2,
    max_size=6,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_any_sequence_ends_as_a_recomputation(world, sequence):
    world.do(RESET)
    waiting, arrived = [], []

    def compute(day, *options):
        arrived.extend(waiting)
        waiting.clear()
        assert run(world, "--date", day.isoformat(), *options).code == 0

    for number, (by_file, batch, then) in enumerate(sequence):
        if by_file:
            put(world, *batch, name=f"{number}.csv")
            waiting.extend(batch)
        else:
            insert(world, *batch)
            arrived.extend(batch)
        if then:
            compute(FIRST + timedelta(days=then[0]), *then[1:])
    # A day without orders: all the others are late.
    compute(FIRST - timedelta(days=1), "--late")
    assert marked(world) == []
    found = stored(world)
    newest = {one.created_at.date() for one in arrived if plain(arrived, one.created_at.date())[None][0]}
    assert found == {day: plain(arrived, day) for day in {*found, *newest}}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.integers(0, 70), st.integers(0, 10_000), max_size=40))
def test_the_trend_is_a_plain_computation(world, nets):
    world.do("DELETE FROM daily_sales")
    net = {date(2025, 10, 25) + timedelta(days=n): Fraction(value, 100) for n, value in nets.items()}
    for day, value in net.items():
        amount = Decimal(value.numerator) / value.denominator
        world.do("INSERT INTO daily_sales VALUES (%s, NULL, 1, 1, 1, %s, 0, %s)", day, amount, amount)
        world.do("INSERT INTO daily_sales VALUES (%s, 'a', 1, 1, 1, %s, 0, %s)", day, amount, amount)
    for day, value, mean, month, before, week in world.rows(
        "SELECT sales_date, net, mean_7_days, month_to_date, change_to_day_before, change_to_week_before"
        " FROM web.daily_sales_trend"
    ):
        last = [net[one] for n in range(7) if (one := day - timedelta(days=n)) in net]
        assert Fraction(value) == net[day]
        assert abs(Fraction(mean) - sum(last) / len(last)) < Fraction(1, 10**9)
        assert Fraction(month) == sum(net[one] for one in net if day.replace(day=1) <= one <= day)
        for found, days in ((before, 1), (week, 7)):
            other = net.get(day - timedelta(days=days))
            assert found == (None if other is None else net[day] - other)
    assert world.value("SELECT count(*) FROM web.daily_sales_trend") == len(net)


@pytest.mark.parametrize(
    ("zone", "first", "days"),
    [
        ("Europe/Berlin", "2025-10-24 22:00", 4),
        ("Europe/Berlin", "2025-03-28 23:00", 4),
        ("America/Sao_Paulo", "2018-02-16 02:00", 4),
        ("America/Asuncion", "2024-03-22 03:00", 4),
    ],
)
def test_days_are_local_where_clocks_change(world, zone, first, days):
    world.set(TZ=zone)
    start = datetime.fromisoformat(f"{first}+00:00")
    orders = [version(n + 1)._replace(created_at=start + timedelta(minutes=20 * n)) for n in range(72 * days)]
    insert(world, *orders)
    assert run(world, "--late").code == 0
    found = stored(world)
    assert sum(day[None][0] for day in found.values()) == len(orders)
    assert found == {day: plain(orders, day, ZoneInfo(zone)) for day in found}


def test_a_clock_that_goes_back_past_midnight_loses_no_order(world):
    # St. John's went from 00:01 on the 7th back to 23:01 on the 6th: the 6th shows again in the 7th.
    world.set(TZ="America/St_Johns")
    assert run(world).code == 0
    start = datetime.fromisoformat("2010-11-06T20:00:00+00:00")
    insert(
        world, *(version(n + 1)._replace(created_at=start + timedelta(minutes=10 * n)) for n in range(100))
    )
    assert run(world, "--late").code == 0
    assert marked(world) == []
    assert world.value("SELECT sum(orders) FROM daily_sales_total") == 100
