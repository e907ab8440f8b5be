"""Sums made in numpy: equal to adding up one reading after the other with decimals."""

from collections import defaultdict
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.database.copy_thread import Writer
from etl.database.queries import Sql
from etl.inbox.fields import microseconds
from etl.readings.running_sums import LIMIT, NEVER, RunningSums

ZONES = [
    "Asia/Tokyo",
    "Europe/Berlin",
    "America/Havana",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Monrovia",
]
USERS = (1, 7, 2**63 - 1)
# Clocks change within these weeks in all of the zones that change them; Monrovia was off by 44:30 in 1970.
BEGINNINGS = [
    datetime(1970, 1, 2, tzinfo=UTC),
    datetime(2018, 10, 5, tzinfo=UTC),
    datetime(2018, 10, 26, tzinfo=UTC),
]
MINUTE = timedelta(minutes=1)
CHANGES = st.lists(st.tuples(st.integers(0, 14), st.sampled_from([(1, 1), (1, 2), (2, 1)])), max_size=3)
READINGS = st.lists(
    st.tuples(st.sampled_from(USERS), st.integers(0, 14 * 96), st.integers(0, 10**15)), max_size=12
)

Contracts = dict[int, list[tuple[datetime | None, tuple[int, int]]]]


@pytest.fixture
def connection(database_url):
    with closing(psycopg2.connect(database_url)) as made:
        Sql(made)("readings/work_tables")
        yield made


def sums_of(contracts: Contracts, zone: str, scale: int = 6) -> RunningSums:
    rows = [
        (user, *cell, microseconds(start) if start else NEVER)
        for user, history in sorted(contracts.items())
        for start, cell in history
    ]
    return RunningSums(np.array(rows, dtype=np.int64), ZoneInfo(zone), scale)


def columns(readings: list[tuple[int, datetime, int]]) -> list[np.ndarray]:
    """Users, instants and energies."""
    rows = [(user, microseconds(at), energy) for user, at, energy in readings]
    return list(np.array(rows, dtype=np.int64).reshape(-1, 3).T)


def flush(sums: RunningSums, connection) -> None:
    with closing(Writer(connection)) as writer:
        sums.flush(writer)
        writer.wait()


def written(sums: RunningSums, connection) -> tuple[dict, dict]:
    """What a flush adds: by user, and by cell."""
    flush(sums, connection)
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id, readings, energy_wh, last_measured_at FROM user_delta")
        by_user = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute("SELECT local_date, hour, area_id, tariff_id, readings, energy_wh FROM cell_delta")
        by_cell = {row[:4]: row[4:] for row in cursor.fetchall()}
        cursor.execute("SELECT (SELECT count(*) FROM user_delta), (SELECT count(*) FROM cell_delta)")
        assert cursor.fetchone() == (len(by_user), len(by_cell)), "one row each"
        cursor.execute("TRUNCATE user_delta, cell_delta")
    return by_user, by_cell


def added_up(readings, contracts: Contracts, zone: str, scale: int) -> tuple[dict, dict]:
    """The same with a dictionary and decimals, one reading at a time."""
    by_user: dict = {}
    by_cell: dict = defaultdict(lambda: (0, Decimal(0)))
    for user, at, units in readings:
        energy = Decimal(units).scaleb(-scale)
        count, total, last = by_user.get(user, (0, Decimal(0), at))
        by_user[user] = (count + 1, total + energy, max(last, at))
        cell = [cell for start, cell in contracts[user] if start is None or start <= at][-1]
        local = at.astimezone(ZoneInfo(zone))
        key = (local.date(), local.hour, *cell)
        by_cell[key] = (by_cell[key][0] + 1, by_cell[key][1] + energy)
    return by_user, dict(by_cell)


def histories(zone: str, beginning: datetime, changes) -> Contracts:
    """For each user a first contract, and others from local midnights on."""
    made: Contracts = {}
    for user, given_changes in zip(USERS, changes, strict=True):
        days = {beginning.date() + timedelta(days=n): cell for n, cell in given_changes}
        starts = [(datetime(d.year, d.month, d.day, tzinfo=ZoneInfo(zone)), days[d]) for d in sorted(days)]
        made[user] = [(None, (1, 3)), *((start.astimezone(UTC), cell) for start, cell in starts)]
    return made


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(
    zone=st.sampled_from(ZONES),
    beginning=st.sampled_from(BEGINNINGS),
    changes=st.tuples(CHANGES, CHANGES, CHANGES),
    batches=st.lists(READINGS, min_size=1, max_size=4),
    scale=st.sampled_from([6, 3]),
)
def test_sums_by_user_and_by_cell(connection, zone, beginning, changes, batches, scale):
    contracts = histories(zone, beginning, changes)
    sums = sums_of(contracts, zone, scale)
    everything = []
    for batch in batches:
        readings = [(user, beginning + 15 * MINUTE * n, energy) for user, n, energy in batch]
        sums.add(*columns(readings))
        everything += readings
    assert written(sums, connection) == added_up(everything, contracts, zone, scale)
    assert written(sums, connection) == ({}, {}), "it begins anew"


@settings(max_examples=100)
@given(first=READINGS, second=READINGS, third=READINGS)
def test_new_is_what_lies_after_all_of_the_users_readings_so_far(first, second, third):
    """Whether or not the sums were written in between."""
    sums = sums_of({user: [(None, (1, 1))] for user in USERS}, "Asia/Tokyo")
    newest: dict[int, int] = {}
    for batch in (first, second, third):
        users, instants, energy = columns([(user, BEGINNINGS[1] + MINUTE * n, e) for user, n, e in batch])
        pairs = list(zip(users.tolist(), instants.tolist(), strict=True))
        assert sums.is_new(users, instants).tolist() == [at > newest.get(user, NEVER) for user, at in pairs]
        sums.add(users, instants, energy)
        for user, at in pairs:
            newest[user] = max(at, newest.get(user, NEVER))


def test_new_is_remembered_when_the_sums_are_written(connection):
    sums = sums_of({1: [(None, (1, 1))]}, "Asia/Tokyo")
    users, instants, energy = columns([(1, BEGINNINGS[1], 5)])
    sums.add(users, instants, energy)
    flush(sums, connection)
    assert not sums.is_new(users, instants).any()
    assert sums.is_new(users, instants + 1).all()


@settings(max_examples=50, suppress_health_check=list(HealthCheck))
@given(
    sizes=st.lists(st.lists(st.sampled_from([0, 1, 10**12, 10**18 - 1]), min_size=1, max_size=12), max_size=8)
)
def test_as_long_as_there_is_room_nothing_overflows(connection, sizes):
    contracts: Contracts = {1: [(None, (1, 1))]}
    sums = sums_of(contracts, "Asia/Tokyo")
    booked, most = [], 0
    for energies in sizes:
        readings = [(1, BEGINNINGS[1], energy) for energy in energies]
        most += max(energies) * len(energies)
        if sums.within_limits(np.array(energies)):
            sums.add(*columns(readings))
            booked += readings
        else:
            assert most >= LIMIT
    assert written(sums, connection) == added_up(booked, contracts, "Asia/Tokyo", 6)


def test_there_is_room_up_to_the_last_unit(connection):
    sums = sums_of({1: [(None, (1, 1))]}, "Asia/Tokyo")
    most = np.array([LIMIT - 1])
    assert sums.within_limits(most)
    sums.add(np.array([1]), np.array([0]), most)
    assert sums.within_limits(np.array([0]))
    assert not sums.within_limits(np.array([1]))
    assert not sums_of({1: [(None, (1, 1))]}, "Asia/Tokyo").within_limits(np.array([LIMIT // 2, LIMIT // 2]))
    flush(sums, connection)
    assert sums.within_limits(most)
    assert sums.within_limits(np.array([], dtype=np.int64))


def test_a_copy_keeps_what_was_booked_by_then(connection):
    contracts: Contracts = {1: [(None, (1, 1))], 7: [(None, (1, 2))]}
    sums = sums_of(contracts, "Asia/Tokyo")
    before = [(1, BEGINNINGS[1], 5)]
    sums.add(*columns(before))
    kept = sums.copy()
    sums.add(*columns([(1, BEGINNINGS[2], 7), (7, BEGINNINGS[2], 7)]))
    written(sums, connection)
    assert kept.is_new(*columns([(1, BEGINNINGS[2], 0), (7, BEGINNINGS[0], 0)])[:2]).all()
    assert written(kept, connection) == added_up(before, contracts, "Asia/Tokyo", 6)


def test_a_contract_begins_with_its_first_instant(connection):
    start = datetime(2018, 10, 31, 15, tzinfo=UTC)
    contracts: Contracts = {1: [(None, (1, 1)), (start, (1, 2))]}
    sums = sums_of(contracts, "Asia/Tokyo")
    sums.add(*columns([(1, start - timedelta(microseconds=1), 10**6), (1, start, 2 * 10**6)]))
    assert written(sums, connection)[1] == {
        (date(2018, 10, 31), 23, 1, 1): (1, Decimal(1)),
        (date(2018, 11, 1), 0, 1, 2): (1, Decimal(2)),
    }
