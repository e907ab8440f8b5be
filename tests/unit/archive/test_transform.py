"""Points of InfluxDB as rows: the seed's rules, and each instant once."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.jobs.archive.transform import Transform, schema
from etl.sources.influx import Points

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 4, 2, 0, 10, tzinfo=UTC)
START = 1_775_000_000_000_000_000


def points(source, *rows):
    """Points of (nanoseconds since START, W, kWh imported, kWh exported)."""
    times, *values = zip(*rows, strict=True)
    return Points(
        source,
        pa.array([START + time for time in times], pa.int64()),
        tuple(pa.array(column, pa.float64()) for column in values),
    )


@pytest.fixture
def transform():
    return Transform(TOKYO, "meter1", NOW)


def test_columns_stand_in_the_order_of_the_table(transform):
    batch = transform.rows(points("m", (0, 1.0, 2.0, 3.0)))
    names = "ts_utc ts_jst source instant_power_w energy_import_kwh energy_export_kwh ingested_at"
    assert batch.schema.names == names.split()
    assert batch.schema == schema(TOKYO)


def test_a_row_has_utc_local_time_and_ingestion(transform):
    (row,) = transform.rows(points("m", (0, 1.0, 2.0, 3.0))).to_pylist()
    moment = datetime.fromtimestamp(START // 10**9, UTC)
    assert row["ts_utc"] == row["ts_jst"] == moment
    assert row["ts_jst"].utcoffset().total_seconds() == 9 * 3600
    assert row["ingested_at"] == NOW


def test_a_missing_field_becomes_zero(transform):
    (row,) = transform.rows(points("m", (0, None, 2.5, None))).to_pylist()
    assert [row[name] for name in schema(TOKYO).names[3:6]] == [0.0, 2.5, 0.0]


def test_a_missing_tag_becomes_the_default(transform):
    (row,) = transform.rows(points("", (0, 1.0, 2.0, 3.0))).to_pylist()
    assert row["source"] == "meter1"


def test_of_one_instant_the_first_point_is_kept(transform):
    batch = transform.rows(points("m", (0, 1.0, 1.0, None), (0, 2.0, 2.0, None), (1000, 3.0, 3.0, None)))
    assert batch.column("instant_power_w").to_pylist() == [1.0, 3.0]
    assert (transform.counts.read, transform.counts.inserted, transform.counts.repeated) == (3, 2, 1)
    assert transform.repeated == {"m"}


def test_instants_within_one_microsecond_are_one(transform):
    assert len(transform.rows(points("m", (0, 1.0, 1.0, None), (999, 2.0, 2.0, None)))) == 1


def test_an_instant_is_met_again_in_the_next_piece(transform):
    transform.rows(points("m", (0, 1.0, 1.0, None)))
    assert len(transform.rows(points("m", (0, 2.0, 2.0, None), (1000, 3.0, 3.0, None)))) == 1


def test_another_source_has_instants_of_its_own(transform):
    transform.rows(points("m", (0, 1.0, 1.0, None)))
    assert len(transform.rows(points("n", (0, 2.0, 2.0, None)))) == 1


def test_points_without_tag_come_before_those_of_the_default(transform):
    transform.rows(points("", (0, 1.0, 1.0, None), (2000, 1.0, 1.0, None)))
    rows = transform.rows(points("meter1", (0, 2.0, 2.0, None), (1000, 3.0, 3.0, None)))
    assert rows.column("instant_power_w").to_pylist() == [3.0]
    assert transform.repeated == {"meter1"}


SERIES = st.dictionaries(
    st.sampled_from(["", "meter1", "n"]),
    st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=8), min_size=1, max_size=4),
)


@given(SERIES)
def test_each_source_and_instant_is_one_row(series):
    made, seen, expected = Transform(TOKYO, "meter1", NOW), set(), []
    rows = []
    for source in sorted(series):
        times = iter(sorted(time for piece in series[source] for time in piece))
        for piece in series[source]:
            numbered = [
                (next(times) * 500, float(len(rows) + place), None, None) for place in range(len(piece))
            ]
            for time, value, *_ in numbered:
                key = (source or "meter1", (START + time) // 1000)
                if key not in seen:
                    seen.add(key)
                    expected.append((*key, value))
            rows += made.rows(points(source, *numbered)).to_pylist()
    found = [(row["source"], round(row["ts_utc"].timestamp() * 1e6), row["instant_power_w"]) for row in rows]
    assert found == expected
    made.counts.check("points")
