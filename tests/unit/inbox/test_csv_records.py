"""Files with a header, line by line: a quote that is not closed costs its own line, and little time."""

import time
from pathlib import Path

import pytest

from etl.inbox.csv_records import Table
from etl.inbox.fields import BadField
from etl.inbox.files import InboxFile
from etl.inbox.rejects import Rejects

COLUMNS = ("id", "name")
HEADER = b"id,name\n"
OPENED = b'5,"Tea\n'


class Stopped(Exception):
    """Ctrl-C."""


def table(folder: Path, content: bytes, check=lambda: None) -> Table:
    (folder / "a.csv").write_bytes(content)
    return Table(InboxFile(folder, "a.csv"), COLUMNS, "utf-8", Rejects(), check)


def taken(read: Table) -> list[list[str]]:
    """The fields of all good lines; the others are refused."""
    good = []
    for row in read.rows():
        try:
            good.append(read.fields(row))
        except BadField as bad:
            read.refuse(row, *bad.reasons)
    return good


def seconds(read: Table) -> float:
    started = time.process_time()
    assert taken(read) == []
    return time.process_time() - started


def test_a_quoted_field_ends_in_its_line(tmp_path):
    read = table(tmp_path, HEADER + b'1,"a"\n2,"b\n3,c"\n4,"d, ""e"""\n')
    assert taken(read) == [["1", "a"], ["4", 'd, "e"']]
    assert [(one.line, one.raw, one.reason) for one in read.rejects.kept] == [
        (3, '2,"b', "wrong_fields"),
        (4, '3,c"', "wrong_fields"),
    ]
    assert (read.read, read.rejected) == (4, 2)


@pytest.mark.parametrize("opened", [OPENED, b'5,"' + b'""' * 30 + b"\n", b'5,"' + b'a"b",' * 10 + b"\n"])
def test_unclosed_quotes_take_time_by_their_number(tmp_path, opened):
    """A hundred times the bytes took ten thousand times as long."""
    small = table(tmp_path, HEADER + opened * (70_000 // len(opened)))
    few = min(seconds(small) for _ in range(3))
    assert small.rejected == small.read > 0
    large = table(tmp_path, HEADER + opened * (7_000_000 // len(opened)))
    assert seconds(large) < 400 * few


@pytest.mark.parametrize("header", [HEADER, b"wrong\n"])
def test_it_can_be_stopped_between_any_thousand_lines(tmp_path, header):
    calls = []

    def check() -> None:
        calls.append(1)
        if len(calls) == 3:
            raise Stopped

    read = table(tmp_path, header + OPENED * 10_000, check)
    with pytest.raises(Stopped):
        list(read.rows())
    assert read.read < 3_001
