"""Lines of numbers: read as `json.loads` reads them, or refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.sources.influx_columns import loads

NAMES = ["time", "a", "b"]
NUMBER = st.none() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), NUMBER, NUMBER), min_size=1)
SERIES = st.lists(st.tuples(st.text(), ROWS), max_size=3)


def line(series: list[tuple[str, list]], **more: object) -> bytes:
    """A line as InfluxDB writes it: without blanks."""
    made = [{"tags": {"source": tag}, "columns": NAMES, "values": rows} for tag, rows in series]
    return json.dumps({"results": [{"series": made, **more}]}, separators=(",", ":")).encode()


@given(SERIES)
def test_a_line_is_read_as_json_is(series):
    raw = line(series, partial=True)
    answer, expected = loads(raw), json.loads(raw)
    for one in (one for result in answer["results"] for one in result["series"]):
        one["values"] = [
            list(row) for row in zip(*(column.to_pylist() for column in one["values"]), strict=True)
        ]
    assert answer == expected


@pytest.mark.parametrize("tag", ['"values":[[', "]]", "],[", '\\"values":[['])
def test_a_tag_that_looks_like_rows_is_a_tag(tag):
    (series,) = loads(line([(tag, [(1, 2.5, None)])]))["results"][0]["series"]
    assert series["tags"]["source"] == tag
    assert [column.to_pylist() for column in series["values"]] == [[1], [2.5], [None]]


NO_NUMBERS = ("text", "]]", "", '"', True, [1])


@pytest.mark.parametrize("row", [[1, value] for value in NO_NUMBERS] + [[value, 1] for value in NO_NUMBERS])
def test_what_is_no_number_is_refused(row):
    with pytest.raises(ValueError):
        loads(line([("a", [[*row, None]])]))


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_cut_line_is_refused(cut):
    with pytest.raises(ValueError):
        loads(line([("a", [(1, 2.5, None)] * 3)])[:-cut])
