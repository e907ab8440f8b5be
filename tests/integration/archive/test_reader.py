"""What is read out of InfluxDB: all of it, and nothing else."""

from datetime import timedelta

import numpy as np
import pytest

from etl.sources.influx import Influx
from tests.integration.archive.reading import FIRST, START, by_source, read

WEEK = 7 * 86_400


def test_every_point_comes_with_its_values(influx):
    watts = np.random.default_rng(1).uniform(0, 3000, (3, 15_000)).round(1)
    made = {
        f"meter{number}": [(5 * i, watt, 1000 + i / 1000, None) for i, watt in enumerate(row)]
        for number, row in enumerate(watts.tolist())
    }
    influx.write(
        f"power,source={source} instant_power_w={watt},energy_import_kwh={kwh} {FIRST + at}"
        for source, points in made.items()
        for at, watt, kwh, _ in points
    )
    pieces = read(influx.config())
    assert by_source(pieces) == made
    assert [piece.source for piece in pieces] == ["meter0"] * 2 + ["meter1"] * 2 + ["meter2"] * 2


def test_the_end_of_the_day_is_not_of_it(influx):
    influx.write(f"power,source=a instant_power_w=1 {FIRST + at}" for at in (-1, 0, 86_399, 86_400))
    assert [at for at, *_ in by_source(read(influx.config()))["a"]] == [0, 86_399]


def test_times_are_exact_to_the_nanosecond(influx):
    first = FIRST * 10**9
    influx.write([f"power,source=a instant_power_w=1 {first + 123_456_789}"], precision="ns")
    (piece,) = read(influx.config())
    assert piece.times.to_pylist() == [first + 123_456_789]


def test_what_is_missing_is_null(influx):
    influx.write(
        [
            f"power,source=a instant_power_w=1 {FIRST}",
            f"power,source=a energy_import_kwh=2,energy_export_kwh=3 {FIRST + 1}",
            f"power,source=a voltage=100 {FIRST + 2}",
        ]
    )
    assert by_source(read(influx.config())) == {"a": [(0, 1, None, None), (1, None, 2, 3)]}


def test_a_missing_tag_is_an_empty_source(influx):
    influx.write([f"power instant_power_w=1 {FIRST}", f"power,source=a instant_power_w=2 {FIRST}"])
    assert by_source(read(influx.config())) == {"": [(0, 1, None, None)], "a": [(0, 2, None, None)]}


def test_points_of_other_tags_come_side_by_side(influx):
    influx.write(
        f"power,source=a,phase={phase} instant_power_w={phase} {FIRST + at}"
        for at in (0, 1)
        for phase in (1, 2)
    )
    points = by_source(read(influx.config()))["a"]
    assert sorted(points) == [(at, phase, None, None) for at in (0, 1) for phase in (1, 2)]
    assert [at for at, *_ in points] == [0, 0, 1, 1]
    assert Influx(influx.config(), lambda: None).tag_keys() == ["phase", "source"]


def test_a_day_without_points_is_empty(influx):
    influx.write([f"power,source=a instant_power_w=1 {FIRST}"])
    assert read(influx.config(), START - timedelta(days=1), START) == []


@pytest.mark.parametrize("day", [0, 1])
def test_whole_numbers_of_another_shard_are_numbers(influx, day):
    """A shard has one type for a field: the other one here has fractions."""
    influx.write([f"power,source=a instant_power_w=7i {FIRST}"])
    influx.write([f"power,source=a instant_power_w=7.5 {FIRST + WEEK}"])
    start = START + timedelta(days=7 * day)
    assert [
        watt for _, watt, *_ in by_source(read(influx.config(), start, start + timedelta(days=1)))["a"]
    ] == [7.5 if day else 7]


def test_whole_numbers_and_others_in_one_answer_are_numbers(influx):
    influx.write([f"power,source=a instant_power_w=7i {FIRST}"])
    influx.write([f"power,source=a instant_power_w=7.5 {FIRST + WEEK}"])
    points = by_source(read(influx.config(), START, START + timedelta(days=30)))["a"]
    assert [watt for _, watt, *_ in points] == [7, 7.5]


@pytest.mark.parametrize("name", ['a "b" c', "back\\slash", "power; DROP", "電力", "a' OR 1=1"])
def test_strange_names_are_names(influxd, name):
    """Of database, measurement and source alike; line protocol has its own way to write them."""
    database = name.replace("\\", "")  # InfluxDB takes none there
    measurement = name.replace(" ", "\\ ")
    source = measurement.replace("=", "\\=")
    influxd.write(database, [f"{measurement},source={source} instant_power_w=1 {FIRST}"])
    config = influxd.config(database, influx_measurement=name)
    assert by_source(read(config)) == {name: [(0, 1, None, None)]}
    assert Influx(config, lambda: None).tag_keys() == ["source"]
