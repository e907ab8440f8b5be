"""Counters as the energy of half-hours, against a plain model."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from etl.jobs.archive.bridge import INTERVAL, OLDEST, energies

START = datetime(2026, 4, 1, tzinfo=UTC)
BOUNDARIES = [START + INTERVAL * number for number in range(5)]


def found(*points):
    """Energies of (minutes since START, kWh), by the number of the interval."""
    times = np.array(
        [START.replace(tzinfo=None) + timedelta(minutes=at) for at, _ in points], "datetime64[us]"
    )
    made = energies(times, np.array([kwh for _, kwh in points], float), BOUNDARIES)
    return {(start - START) // INTERVAL: str(energy) for start, energy in made}


def test_energy_is_the_difference_of_the_counters_at_the_boundaries():
    assert found((0, 1.1), (10, 1.2), (30, 1.4), (60, 1.9)) == {0: "0.300000", 1: "0.500000"}


def test_a_counter_counts_for_five_minutes():
    assert found((-5, 1.0), (25, 1.25), (60, 2.0)) == {0: "0.250000", 1: "0.750000"}


def test_an_older_counter_says_nothing_of_a_boundary():
    assert found((-5.01, 1.0), (30, 1.25), (60, 2.0)) == {1: "0.750000"}


def test_no_reading_where_the_counter_falls():
    assert found((0, 1.0), (30, 1.5), (40, 0.2), (50, 3.0), (60, 3.5), (90, 4.0)) == {
        0: "0.500000",
        2: "0.500000",
    }


def test_no_reading_after_the_last_point():
    assert found((0, 1.0), (30, 1.5)) == {0: "0.500000"}


def test_differences_are_exact_to_the_last_digit():
    assert found((0, 100000.000001), (30, 100000.100002))[0] == "0.100001"


def test_what_no_meter_can_count_is_left_to_the_rules_of_readings():
    assert int(Decimal(found((0, 1.0), (30, 1e300))[0])) == 10**300 - 1


COUNTERS = st.lists(
    st.tuples(st.integers(-400, 7600), st.integers(1, 10**9)),
    min_size=1,
    max_size=60,
    unique_by=lambda p: p[0],
)


@given(COUNTERS)
def test_energies_are_those_of_a_plain_model(points):
    points = sorted((seconds, Decimal(micro).scaleb(-6)) for seconds, micro in points)

    def at(boundary):
        known = [place for place, (seconds, _) in enumerate(points) if seconds <= boundary]
        is_fresh = known and boundary - points[known[-1]][0] <= OLDEST.total_seconds()
        return known[-1] if is_fresh else None

    expected = {}
    for number in range(4):
        one, other = at(number * 1800), at((number + 1) * 1800)
        if one is None or other is None:
            continue
        between = [kwh for _, kwh in points[one : other + 1]]
        if between == sorted(between):
            expected[number] = str((between[-1] - between[0]).quantize(Decimal("0.000001")))
    assert found(*((seconds / 60, float(kwh)) for seconds, kwh in points)) == expected
