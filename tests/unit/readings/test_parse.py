"""The two roads from bytes to readings: whatever the fast one takes, the slow one reads the same."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.inbox.fields import Times
from etl.inbox.headers import MANY_USERS, ONE_USER
from etl.inbox.rejects import REASONS
from etl.readings.batch import Rules
from etl.readings.csv_files import Layout, Segment
from etl.readings.parse import parse, parse_by_line
from tests import values
from tests.values import BERLIN, TOKYO

KNOWN = np.array([3, 5, 2**63 - 1])
ZONES = ["Asia/Tokyo", "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu"]

LAST = date(2026, 4, 1)

TIMES = st.one_of(
    st.datetimes().map(lambda t: t.strftime("%Y-%m-%d %H:%M:%S").rjust(19, "0")),
    st.datetimes(max_value=datetime(2026, 4, 2)).map(lambda t: t.isoformat(" ")[:16]),
    st.sampled_from([text for text, stored in {**TOKYO, **BERLIN}.items() if stored in REASONS]),
)
ENERGIES = st.one_of(
    st.decimals(0, 10**12 - 1, places=6).map(str),
    st.integers(0, 10**13).map(str),
    st.sampled_from(list(values.ENERGIES)),
)
ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n", ",\n", "\n\r"])
IDS = st.sampled_from(["3", "5", "05", "0", "4", str(2**63 - 1), str(2**63), "x", ""])


def rules(zone: str = "Asia/Tokyo") -> Rules:
    return Rules(Times.until(LAST, ZoneInfo(zone)), KNOWN, "utf-8")


def stored(row: str, zone: str = "Asia/Tokyo") -> tuple[str, str]:
    """The instant and the energy of a line, or twice the reason why there is none; alike on both roads."""
    segment = Segment(0, "5.csv", Layout(ONE_USER, 5), 2, f"{row}\n".encode())
    found = set()
    for batch in (parse([segment], rules(zone)), parse_by_line(segment, rules(zone))):
        found |= {(reject.reason, reject.reason) for reject in batch.rejects}
        for reading in batch.frame.itertuples():
            energy = Decimal(reading.energy).scaleb(-6).normalize()
            found.add((f"{reading.measured_at.tz_convert('UTC'):%Y-%m-%d %H:%M:%S.%f}", f"{energy:f}"))
    (one,) = found
    return one


@pytest.mark.parametrize(
    ("zone", "text", "expected"),
    [
        *(("Asia/Tokyo", *case) for case in values.tokyo_until(LAST).items()),
        *(("Europe/Berlin", *case) for case in BERLIN.items()),
        ("America/New_York", "9999-12-31 23:30:00", "time_out_of_range"),
        ("Asia/Tokyo", "0001-01-01 00:30:00", "time_out_of_range"),
    ],
)
def test_a_time_is_read_exactly_or_refused(zone, text, expected):
    at = expected if expected in REASONS else f"{expected}.000000"[:26]
    assert stored(f"{text},1", zone)[0] == at


@pytest.mark.parametrize(("text", "expected"), values.ENERGIES.items())
def test_an_energy_is_read_to_the_last_digit_or_refused(text, expected):
    assert stored(f"2016-07-15 00:30:00,{text}")[1] == expected


@st.composite
def segments(draw):
    """Segments that are mostly plain and sometimes damaged."""
    made = []
    for file_no in range(draw(st.integers(1, 4))):
        many = draw(st.booleans())
        columns = MANY_USERS if many else draw(st.sampled_from([ONE_USER, ONE_USER[::-1]]))
        text = ""
        for _ in range(draw(st.integers(0, 4))):
            line = {"user_id": draw(IDS), "datetime": draw(TIMES), "consumption": draw(ENERGIES)}
            text += ",".join(line[column] for column in columns) + draw(ENDS)
        user = None if many else draw(st.sampled_from([3, 5]))
        made.append(Segment(file_no, f"f{file_no}.csv", Layout(columns, user), 2, text.encode()))
    return made


@settings(max_examples=300)
@given(segments(), st.sampled_from(ZONES))
def test_both_roads_give_the_same(given_segments, zone):
    together = parse(given_segments, rules(zone))
    single = [parse_by_line(segment, rules(zone)) for segment in given_segments]
    order = ["file_no", "line_no"]
    got = together.frame.sort_values(order).to_dict("records")
    assert got == [row for one in single for row in one.frame.to_dict("records")]
    bad_lines = {(one.file, one.line) for one in together.rejects}
    assert together.read == sum(one.read for one in single) == len(got) + len(bad_lines)
    assert sorted(together.rejects) == sorted(reject for one in single for reject in one.rejects)


@settings(max_examples=200)
@given(segments())
def test_every_reading_is_on_the_line_it_says(given_segments):
    """An oracle of its own: look the line up in the bytes."""
    for row in parse(given_segments, rules()).frame.itertuples():
        segment = given_segments[row.file_no]
        raw = segment.data.splitlines()[row.line_no - segment.first_line].decode()
        given = dict(zip(segment.layout.columns, (part.strip(' "') for part in raw.split(",")), strict=True))
        assert row.energy == Decimal(given["consumption"]) * 10**6
        assert row.user_id == int(given.get("user_id", segment.layout.user_id or 0))
        local = row.measured_at.tz_convert("Asia/Tokyo").strftime("%Y-%m-%d %H:%M:%S")
        assert local.startswith(given["datetime"].replace("T", " "))


@pytest.mark.parametrize(
    "time", ["2016-07-15 00:30:00", "2016-07-15T00:30:00", "2016-07-15 00:30", "2016-07-15T00:30"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_plain_files_take_the_fast_road(time, end, monkeypatch):
    monkeypatch.setattr("etl.readings.parse.parse_by_line", lambda *_: pytest.fail("took the slow road"))
    one = Segment(0, "5.csv", Layout(ONE_USER, 5), 2, f"{time},1.5{end}{time},2".encode())
    many = Segment(1, "x.csv", Layout(MANY_USERS, None), 2, f"3,{time},0{end}".encode())
    assert list(parse([one, many], rules()).frame["user_id"]) == [5, 5, 3]


def test_a_blank_line_does_not_even_out_a_lone_cr():
    """Counted together their lines agree; the reading behind them must not change its user."""
    blank = Segment(0, "3.csv", Layout(ONE_USER, 3), 2, b"2016-07-15 00:00:00,1\n\n2016-07-15 00:30:00,2\n")
    lone = Segment(1, "5.csv", Layout(ONE_USER, 5), 2, b"2016-07-15 00:00:00,3\r2016-07-15 00:30:00,4\n")
    frame = parse([blank, lone], rules()).frame
    assert list(zip(frame["user_id"], frame["line_no"], frame["energy"] // 10**6, strict=True)) == [
        (3, 2, 1),
        (3, 4, 2),
        (5, 2, 3),
        (5, 3, 4),
    ]


def test_one_bad_segment_does_not_slow_its_neighbours(monkeypatch):
    taken = []
    slow = parse_by_line
    monkeypatch.setattr(
        "etl.readings.parse.parse_by_line", lambda s, *others: taken.append(s.name) or slow(s, *others)
    )
    made = [
        Segment(
            n, f"{n}.csv", Layout(ONE_USER, 5), 2, f"2016-0{2 if n == 7 else 7}-30 00:00:00,{n}\n".encode()
        )
        for n in range(20)
    ]
    batch = parse(made, rules())
    assert taken == ["7.csv"]
    assert [reject.reason for reject in batch.rejects] == ["bad_time"]
    assert len(batch.frame) == 19
