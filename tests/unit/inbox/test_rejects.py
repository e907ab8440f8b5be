"""The collection of faults: exact counts, a bounded list, messages that say what to do."""

import pytest

from etl.inbox.fields import printable
from etl.inbox.rejects import REASONS, Reject, Rejects


def test_counts_go_on_when_the_list_is_full():
    rejects = Rejects(limit=2)
    for line in range(2):
        rejects.add(Reject("consumption/5.csv", line + 2, "x", "bad_time"))
    rejects.add(Reject("consumption/5.csv", 4, "x", "bad_time"), times=3)
    rejects.add(Reject("consumption/6.csv", None, "", "bad_gzip", lines=48))
    assert (rejects.faults, len(rejects.kept), rejects.room) == (6, 2, 0)
    assert rejects.files == {"consumption/5.csv", "consumption/6.csv"}
    assert rejects.summary().startswith(
        "6 faults (bad_time 5, bad_gzip 1); first: consumption/5.csv:2: bad_time"
    )


def test_merging_keeps_the_limit_and_conflicts_are_no_faults():
    first, second = Rejects(limit=3), Rejects()
    first.add(Reject("a", 1, "", "bad_id"))
    second.note_conflicts(Reject("b", n, "", "conflicting", kind="conflict") for n in range(5))
    first.merge(second)
    assert (first.faults, len(first.kept)) == (1, 3)
    assert first.summary().startswith("1 fault (bad_id 1); first: a:1: bad_id")


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_says_where_what_and_what_to_do(reason):
    message = str(Reject("consumption/5.csv", 17, "raw text", reason))
    assert message.startswith(f"consumption/5.csv:17: {reason}: 'raw text': ")
    assert REASONS[reason] in message
    assert len(reason) <= 32


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"plain, text", "plain, text"),
        (b"nul\x00 esc\x1b[31m", "nul\\x00 esc\\x1b[31m"),
        (b"\xff\xfe", "\\xff\\xfe"),
        ("lone \udcff", "lone \\xff"),
        ("東京", "東京"),
        (b"x" * 1000, "x" * 200 + "…"),
    ],
)
def test_raw_text_can_be_printed_and_stored(raw, text):
    assert printable(raw) == text
