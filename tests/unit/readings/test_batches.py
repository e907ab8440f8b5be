"""Files as events in the order that decides which of two repeats is first, made ahead in a thread."""

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.inbox import chunks
from etl.inbox.fields import Times
from etl.inbox.files import InboxFile
from etl.inbox.listing import consumption_files
from etl.inbox.rejects import FileFault
from etl.readings.batch import Rules
from etl.readings.batches import BATCH_BYTES, Batches, Event, LargeBegins, LargeEnds, Parsed, ahead
from etl.readings.csv_files import Reader

KNOWN = np.array([2, 5, 10], dtype=np.int64)
ONE, MANY = "datetime,consumption", "user_id,datetime,consumption"
# In the order of the spec; the id in 2.csv.gz does not count, for its header says that it has many users.
NAMES = ("2.csv", "5.csv", "10.csv", "10.csv.gz", "2.csv.gz", "a.csv", "b.csv.gz")
ONE_USER_FILES = NAMES[:4]


class Content(NamedTuple):
    """How many lines, of which every third is bad if `bad`; cut off if `cut`, by a header if `headless`."""

    count: int
    bad: bool
    cut: bool
    headless: bool


CONTENTS = st.builds(Content, st.integers(0, 20), st.booleans(), *[st.sampled_from([False] * 5 + [True])] * 2)


def put(folder: Path, name: str, content: Content) -> None:
    rows = [
        "bad" if content.bad and n % 3 == 0 else f"2026-03-01 00:{n:02}:00,{n}" for n in range(content.count)
    ]
    header = ONE if name in ONE_USER_FILES else MANY
    rows = rows if name in ONE_USER_FILES else [f"2,{row}" for row in rows]
    raw = "\n".join(["datetime,what" if content.headless else header, *rows]).encode() + b"\n"
    packed = gzip.compress(raw)[: -4 if content.cut else None]
    (folder / name).write_bytes(packed if name.endswith(".gz") else raw)


def is_faulty(name: str, content: Content) -> bool:
    return content.headless or (content.cut and name.endswith(".gz"))


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(
    contents=st.dictionaries(st.sampled_from(NAMES), CONTENTS, min_size=1),
    sizes=st.tuples(
        st.sampled_from([1, 60, 200, BATCH_BYTES]), st.sampled_from([40, 100, chunks.CHUNK_BYTES])
    ),
)
def test_every_line_comes_once_and_in_order_whatever_the_sizes(tmp_path, monkeypatch, contents, sizes):
    """Of faulty files none is left, and the others are not affected."""
    monkeypatch.setattr("etl.readings.batches.BATCH_BYTES", sizes[0])
    monkeypatch.setattr("etl.readings.csv_files.CHUNK_BYTES", sizes[1])
    monkeypatch.setattr("etl.readings.csv_files.chunks", partial(chunks.chunks, size=sizes[1]))
    found = list(events_of(tmp_path, contents))
    whole = [name for name in NAMES if name in contents and not is_faulty(name, contents[name])]
    expected = [(name, 2 + n) for name in whole for n in range(contents[name].count)]
    assert kept_lines(found) == [f"consumption/{name}:{line}" for name, line in expected]
    assert sorted(event.file for event in found if isinstance(event, FileFault)) == sorted(
        f"consumption/{name}" for name, content in contents.items() if is_faulty(name, content)
    )
    done = [event.files_done for event in found if isinstance(event, Parsed)]
    assert done == sorted(done)
    assert max(done, default=0) <= len(contents)


@pytest.mark.parametrize("batch", [1, 150, BATCH_BYTES])
@pytest.mark.parametrize("cut", [False, True], ids=["whole", "cut"])
def test_a_large_file_stands_between_its_begin_and_its_end(tmp_path, monkeypatch, batch, cut):
    monkeypatch.setattr("etl.readings.batches.BATCH_BYTES", batch)
    monkeypatch.setattr("etl.readings.csv_files.chunks", partial(chunks.chunks, size=100))
    small, large = Content(2, False, False, False), Content(20, False, cut, False)
    found = list(events_of(tmp_path, {"2.csv": small, "10.csv.gz": large, "a.csv": small}))
    begin = next(place for place, event in enumerate(found) if isinstance(event, LargeBegins))
    end = next(place for place, event in enumerate(found) if isinstance(event, LargeEnds | FileFault))
    assert kept_lines(found[:begin]) == ["consumption/2.csv:2", "consumption/2.csv:3"]
    assert kept_lines(found[end + 1 :]) == ["consumption/a.csv:2", "consumption/a.csv:3"]
    within = lines_of(found[begin + 1 : end])
    ended = found[end]
    if cut:
        assert isinstance(ended, FileFault)
        assert (ended.file, ended.reason) == ("consumption/10.csv.gz", "bad_gzip")
        assert 15 < len(within) + ended.lines <= 20
    else:
        assert isinstance(ended, LargeEnds)
        assert within == [f"consumption/10.csv.gz:{2 + n}" for n in range(20)]


def test_a_refused_file_is_counted_with_its_filled_lines(tmp_path):
    (event,) = events_of(tmp_path, {"2.csv": Content(7, False, False, True)})
    assert isinstance(event, FileFault)
    assert (event.reason, event.lines) == ("wrong_header", 7)


def events_of(folder: Path, contents: dict[str, Content]) -> Iterator[Event]:
    """Read a folder with these files and no others."""
    (folder / "consumption").mkdir(exist_ok=True)
    for path in (folder / "consumption").iterdir():
        path.unlink()
    for name, content in contents.items():
        put(folder / "consumption", name, content)
    reader, rules = (
        Reader(KNOWN, "utf-8", 1 << 30),
        Rules(Times.until_now(ZoneInfo("Asia/Tokyo")), KNOWN, "utf-8"),
    )
    files: list[InboxFile] = consumption_files(folder).files
    yield from Batches(files, reader, rules, lambda: None)


def kept_lines(events: list[Event]) -> list[str]:
    """The lines of all batches, but for those that a fault takes out."""
    found: list[str] = []
    before: int | None = None
    for event in events:
        if isinstance(event, LargeBegins):
            before = len(found)
        elif isinstance(event, LargeEnds):
            before = None
        elif isinstance(event, FileFault) and before is not None:
            del found[before:]
            before = None
        else:
            found += lines_of([event])
    return found


def lines_of(events: list[Event]) -> list[str]:
    """The lines of these batches, good or bad, as they come; the good ones first where both are."""
    found = []
    for event in events:
        if isinstance(event, Parsed):
            names = {one.file_no: one.name for one in event.segments}
            good = [(row.file_no, row.line_no) for row in event.batch.frame.itertuples()]
            assert good == sorted(good)
            assert event.batch.read == len(good) + len({(one.file, one.line) for one in event.batch.rejects})
            numbers = {name: number for number, name in names.items()}
            bad = [(numbers[reject.file], reject.line) for reject in event.batch.rejects]
            found += [f"{names[number]}:{line}" for number, line in sorted(good + bad)]
    return found


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("reader")]


@given(st.lists(st.one_of(st.none(), st.integers(), st.just([])), max_size=20))
def test_items_come_as_they_are_and_in_order(items):
    assert list(ahead(iter(items))) == items
    assert not readers()


def test_one_item_is_made_ahead_and_no_more():
    made = []
    with closing(ahead(made.append(n) or n for n in range(9))) as items:
        assert [next(items), next(items)] == [0, 1]
        wait_until(lambda: made == [0, 1, 2])
        time.sleep(0.02)
        assert made == [0, 1, 2]


def test_items_are_made_in_one_other_thread():
    threads = set(ahead(threading.get_ident() for _ in range(20)))
    assert len(threads) == 1
    assert threads.isdisjoint({threading.get_ident()})


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MemoryError])
def test_an_exception_comes_behind_all_items_before_it(error):
    def failing() -> Iterator[int]:
        yield from range(3)
        raise error("here")

    found = []
    with pytest.raises(error, match="here"):
        for item in ahead(failing()):
            found.append(item)
    assert found == [0, 1, 2]
    assert not readers()


def test_closing_early_ends_the_thread_behind_the_item_it_is_making():
    made = []

    def endless() -> Iterator[int]:
        while True:
            time.sleep(0.01)
            made.append(1)
            yield len(made)

    items = ahead(endless())
    assert next(items) == 1
    items.close()
    assert not readers()
    count = len(made)
    assert count <= 2
    time.sleep(0.03)
    assert len(made) == count


def test_a_consumer_that_fails_ends_the_thread():
    with pytest.raises(ValueError, match="mine"), closing(ahead(iter(range(9)))) as items:
        next(items)
        raise ValueError("mine")
    assert not readers()


def wait_until(condition) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("waited for 5 seconds")
