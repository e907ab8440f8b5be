"""Waits before a retry: doubled, never less than the server asks for, never endless."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.sources import retries
from etl.sources.retries import asked_seconds, pause_seconds

NOW = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0),
        ("0", 0),
        ("120", 120),
        ("-1", 0),
        ("1.5", 0),
        ("１", 0),
        ("soon", 0),
        ("9" * 5000, 999_999_999),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0),
        ("Wed, 01 Apr 2026 12:00:30 -0000", 30),
        ("Wed, 01 Apr 2026 21:00:30 +0900", 30),
        ("Wed, 99 Apr 2026 12:00:30 GMT", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, seconds):
    assert asked_seconds(header, NOW) == seconds


@given(st.text())
def test_any_retry_after_gives_a_wait(header):
    assert 0 <= asked_seconds(header, NOW) < 10**12


@given(st.integers(0, 3), st.integers(0, 100))
def test_a_pause_doubles_and_is_at_least_what_is_asked(retry, asked):
    seconds = pause_seconds(retry, str(asked), NOW)
    most = retries.FIRST_SECONDS * 2**retry
    assert max(asked, most / 2) <= seconds <= max(asked, most)


def test_a_pause_is_partly_chance():
    assert len({pause_seconds(0, "", NOW) for _ in range(10)}) > 1
