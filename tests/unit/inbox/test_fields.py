"""Single fields: what is a value, and what is refused with which reason."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.inbox import fields
from etl.inbox.fields import BadField, Times, microseconds
from tests.values import IDS

TOKYO = Times.until(date(2026, 4, 1), ZoneInfo("Asia/Tokyo"))
BERLIN = Times.until(date(2026, 4, 1), ZoneInfo("Europe/Berlin"))


def reason(function, *arguments) -> str:
    with pytest.raises(BadField) as caught:
        function(*arguments)
    (found,) = caught.value.reasons
    return found


@pytest.mark.parametrize("text", ["2025-03-30 02:30", "2025-10-26 02:00", "2025-10-26 02:59:59"])
def test_an_ambiguous_local_time_needs_its_offset(text):
    assert reason(BERLIN.parse, text) == "ambiguous_time"
    assert BERLIN.parse(f"{text}+01:00") - BERLIN.parse(f"{text}+02:00") == 3_600_000_000


@given(st.datetimes(datetime(1970, 1, 2), datetime(2026, 3, 31)), st.timedeltas(timedelta(-1), timedelta(1)))
def test_an_offset_time_is_that_instant(moment, offset):
    offset = timedelta(minutes=int(offset.total_seconds() // 60) or 1)
    sign, minutes = "-" if offset < timedelta(0) else "+", abs(offset) // timedelta(minutes=1)
    text = f"{moment.isoformat(sep=' ')}{sign}{minutes // 60:02}:{minutes % 60:02}"
    if minutes >= 24 * 60:
        assert reason(TOKYO.parse, text) == "bad_time"
    elif TOKYO.earliest <= microseconds(moment.replace(tzinfo=UTC) - offset) < TOKYO.end:
        assert TOKYO.parse(text) == microseconds(moment.replace(tzinfo=UTC) - offset)


@pytest.mark.parametrize(("text", "taken"), IDS.items())
def test_ids(text, taken):
    (field,) = fields.split(text)
    if taken:
        assert fields.user_id(field) == int(field)
    else:
        assert reason(fields.user_id, field) == "bad_id"


def test_names():
    assert fields.name("北海道　電力エリア", "bad_area") == "北海道　電力エリア"
    for text in ("", "x" * 101, "a\tb", "a\x00b", "a\nb"):
        assert reason(fields.name, text, "bad_area") == "bad_area"


def test_a_line_is_split_as_rfc_4180_says():
    assert fields.split(' "a" , "b,""c""" ,d ') == ["a", 'b,"c"', "d"]
    assert fields.split("") == [""]
    for text in ('"a', '"a"b', '"a" "b"', '"a""', 'a"b"'):
        assert reason(fields.split, text) == "wrong_fields"
