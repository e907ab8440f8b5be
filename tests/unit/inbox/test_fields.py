"""Single fields: what is a value, and what is refused with which reason."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.inbox import fields
from etl.inbox.fields import BadField, Times, microseconds

TOKYO = Times.until(date(2026, 4, 1), ZoneInfo("Asia/Tokyo"))
BERLIN = Times.until(date(2026, 4, 1), ZoneInfo("Europe/Berlin"))


def reason(function, *arguments) -> str:
    with pytest.raises(BadField) as caught:
        function(*arguments)
    return caught.value.reason


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2016-07-15 00:30:00", "2016-07-14T15:30:00"),
        ("2016-07-15T00:30", "2016-07-14T15:30:00"),
        ("2016-07-15 00:30:00.5", "2016-07-14T15:30:00.500000"),
        ("2016-07-15 00:30:00.123456000", "2016-07-14T15:30:00.123456"),
        ("2016-07-15 00:30:00Z", "2016-07-15T00:30:00"),
        ("2016-07-15T00:30+01:00", "2016-07-14T23:30:00"),
        ("2016-07-15T00:30-0330", "2016-07-15T04:00:00"),
        ("2016-07-15T00:30+09", "2016-07-14T15:30:00"),
        ("1970-01-01 00:00", "1969-12-31T15:00:00"),
        ("2026-04-01 23:59:59.999999", "2026-04-01T14:59:59.999999"),
    ],
)
def test_times(text, utc):
    assert TOKYO.parse(text) == microseconds(datetime.fromisoformat(utc).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "04-10-2024 00:00",
        "2024/10/04 00:00",
        "2016-07-15",
        "2016-07-15 24:00",
        "2016-07-15 23:59:60",
        "2016-02-30 00:00",
        "2016-13-01 00:00",
        "2016-07-15  00:30",
        "2016-07-15 0:30",
        "2016-07-15 00:30:00.0000001",
        "2016-07-15 00:30 +09:00",
        "2016-07-15 00:30+24:00",
        "2016-07-15 00:30+09:60",
        "2016-07-15 00:30z",
        "２０１６-07-15 00:30",
        "0000-01-01 00:00",
        "now",
        "",
    ],
)
def test_bad_times(text):
    assert reason(TOKYO.parse, text) == "bad_time"


@pytest.mark.parametrize("text", ["1969-12-31 23:59:59", "2026-04-02 00:00", "9999-12-31 23:59"])
def test_times_out_of_range(text):
    assert reason(TOKYO.parse, text) == "time_out_of_range"


@pytest.mark.parametrize("text", ["2025-03-30 02:30", "2025-10-26 02:00", "2025-10-26 02:59:59"])
def test_a_local_time_that_occurs_twice_or_never_needs_its_offset(text):
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


@pytest.mark.parametrize("text", ["0", "0.1", "7174.0005", "9559.0", "999999999999.999999", "000000000001"])
def test_energies_keep_every_digit(text):
    assert fields.energy(text) == Decimal(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+1",
        "1e3",
        "NaN",
        "inf",
        ".5",
        "5.",
        "1.1234567",
        "1234567890123",
        "1,5",
        "0x1",
        "１",
        "1 2",
    ],
)
def test_bad_energies(text):
    assert reason(fields.energy, text) == "bad_consumption"


def test_ids():
    assert fields.user_id("9223372036854775807") == 2**63 - 1
    for text in ("", "0", "007", "-1", "+5", "1.0", "5a", "５", "9223372036854775808", "1" * 20):
        assert reason(fields.user_id, text) == "bad_id"


def test_names():
    assert fields.name("北海道　電力エリア", "bad_area") == "北海道　電力エリア"
    for text in ("", "x" * 101, "a\tb", "a\x00b", "a\nb"):
        assert reason(fields.name, text, "bad_area") == "bad_area"


def test_a_line_is_split_as_rfc_4180_says():
    assert fields.split(' "a" , "b,""c""" ,d ') == ["a", 'b,"c"', "d"]
    assert fields.split("") == [""]
    for text in ('"a', '"a"b', '"a" "b"', '"a""', 'a"b"'):
        assert reason(fields.split, text) == "wrong_fields"
