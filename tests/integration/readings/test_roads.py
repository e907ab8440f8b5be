"""The two roads of a reading: whichever it takes, nothing that can be seen afterwards tells.

Every inbox is loaded twice, streamed where it can be and staged throughout, and read a third time by a
model that shares no code with the program.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from etl.inbox import chunks
from etl.readings.batch import Outcome
from etl.readings.batches import BATCH_BYTES
from tests.integration.readings.roads import (
    CHANGES,
    COUNTS,
    FAULTS,
    MANY,
    ONE,
    TABLES,
    USERS,
    File,
    Inbox,
    Story,
    Stretch,
    file_of,
    stories,
    user_of,
)
from tests.world import DAY, World


@pytest.fixture
def users(world):
    """Users with histories, and no reading."""
    tariffs = dict.fromkeys(USERS, "t1")
    world.start(*(f"{user},a1,{tariff}" for user, tariff in tariffs.items()), day="2018-10-01")
    for day, changed in CHANGES.items():
        tariffs |= changed
        world.put_users(*(f"{user},a{1 + (user == 4)},{tariff}" for user, tariff in tariffs.items()))
        assert world.run("--date", day).code == 0
    return world


# Many runs of the batch: on a busy machine it takes minutes.
@pytest.mark.timeout(1_200)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories())
def test_no_road_is_visible_in_any_result(users, story):
    check(users, story)


@pytest.mark.torture
@pytest.mark.timeout(3_600)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories())
def test_no_road_is_visible_in_many_stories(users, story):
    check(users, story)


@pytest.mark.parametrize("days", [False, True])
@pytest.mark.parametrize("late", [False, True], ids=["later", "late"])
def test_a_large_file_that_turns_out_bad_after_a_streamed_one(users, days, late):
    """What it streamed, or the partition that it made to be put in its place early, is undone with it."""
    stretch = partial(Stretch, step=1, energy="1", is_utc=False)
    start = 4 if late else 16
    files = {
        "1.csv": tokyo("1.csv", stretch(1, 8, 8)),
        "0.csv": tokyo("0.csv", stretch(1, 16, 2), stretch(2, 0, 8)),
        "many.csv.gz": tokyo("many.csv.gz", stretch(1, start, 8), stretch(5, 0, 40), fault="cut"),
        "z.csv": tokyo("z.csv", stretch(1, start + 2, 8), stretch(5, 2, 8), stretch(3, 20, 8)),
    }
    check(users, Story([Inbox(files, days)], batch=300, chunk=300))
    assert users.value("SELECT line_count FROM rejected_row WHERE kind = 'reject'") > 40, "some were loaded"


@pytest.mark.parametrize("size", [60, 150, 300, chunks.CHUNK_BYTES])
@pytest.mark.parametrize("unit", ["Wh", "kWh"])
def test_sums_beyond_64_bits_are_exact(users, unit, size):
    """They are written before they are full, and what repeats a reading from before that is found still."""
    most = partial(Stretch, step=1, energy="999999999999", is_utc=False)
    files = {
        "1.csv": tokyo("1.csv", most(1, 0, 30)),
        "1.csv.gz": tokyo("1.csv.gz", most(1, 28, 12)),
        "3.csv": tokyo("3.csv", most(3, 0, 30)),
        "many.csv": tokyo("many.csv", *(most(user, 0, 16) for user in (2, 4, 5)), most(3, 30, 2)),
    }
    check(users, Story([Inbox(files)], unit=unit, batch=size, chunk=size))
    assert users.value("SELECT sum(energy_wh) FROM load_profile") > 2**63 / 10**6


@pytest.mark.parametrize("days", [False, True])
@pytest.mark.parametrize("batch", [60, BATCH_BYTES])
def test_files_behind_one_that_puts_a_partition_in_its_place_early(users, days, batch):
    stretch = partial(Stretch, is_utc=False)
    files = {
        "1.csv": tokyo("1.csv", stretch(1, 10, 6, 1, "1")),
        "1.csv.gz": tokyo("1.csv.gz", stretch(1, 12, 2, 1, "1.0"), stretch(1, 14, 4, 1, "2.5")),
        "3.csv": tokyo("3.csv", stretch(3, 4, 30, 1, "2.5")),
        "5.csv": tokyo("5.csv", stretch(5, 30, 30, -1, "1"), stretch(5, 30, 8, 0, "2.5")),
        "many.csv": tokyo("many.csv", stretch(1, 0, 40, 1, "0"), stretch(2, 0, 40, 1, "7")),
    }
    check(users, Story([Inbox(files, days)], batch=batch))


def test_a_clean_inbox_is_streamed_to_the_last_reading(users, monkeypatch):
    """Else all of the above would compare one road with itself."""
    monkeypatch.setattr("etl.readings.staged_load.StagedLoad.take", lambda *_: pytest.fail("was staged"))
    stretch = partial(Stretch, step=1, energy="1", is_utc=False)
    one, many = tokyo("1.csv", stretch(1, 0, 20)), tokyo("many.csv", stretch(1, 20, 20), stretch(2, 0, 40))
    found = loaded(users, Story([Inbox({"1.csv": one, "many.csv": many})], batch=60, chunk=60))
    assert found["runs"][0]["inserted_count"] == len(found["tables"]["reading"]) == 80


def tokyo(name: str, *stretches: Stretch, fault: str = "") -> File:
    return file_of(name, "Asia/Tokyo", list(stretches), [], fault)


def check(world: World, story: Story) -> None:
    """Both roads must give the same, and what the model says."""
    with world.monkeypatch.context() as patch:
        patch.setattr("etl.readings.direct_load.DirectLoad.take", all_staged)
        staged = loaded(world, story)
    streamed = loaded(world, story)
    assert streamed == staged
    world.verify()
    check_against_model(story, streamed)


def all_staged(self, frame, _limit):
    """No direct load at all: every partition is attached while it is empty."""
    self._cover(frame)
    for partition in self._partitions.detached:
        self._partitions.attach(partition)
    return frame, Outcome()


def loaded(world: World, story: Story) -> dict[str, Any]:
    """Everything that can be seen after the runs."""
    empty(world)
    world.set(TZ=story.zone, CONSUMPTION_UNIT=story.unit)
    with world.monkeypatch.context() as patch:
        patch.setattr("etl.readings.batches.BATCH_BYTES", story.batch)
        # So that sums are written down and COPYs end in the middle, as with many users and large files.
        patch.setattr("etl.readings.direct_load.HELD_BYTES", story.batch)
        patch.setattr("etl.database.copy_thread.COPY_BYTES", story.batch)
        patch.setattr("etl.readings.running_sums.USERS_PER_UPDATE", 1)
        patch.setattr("etl.readings.running_sums.READINGS_PER_UPDATE", 1)
        patch.setattr("etl.readings.running_sums.SUMS_LIMIT", story.batch // 8)
        patch.setattr("etl.readings.csv_files.CHUNK_BYTES", story.chunk)
        patch.setattr("etl.readings.csv_files.chunks", partial(chunks.chunks, size=story.chunk))
        runs = [run(world, inbox) for inbox in story.inboxes]
    folders = [world.inbox(), world.moved(), world.moved("rejected")]
    return {
        "runs": runs,
        "folders": folders,
        "tables": {name: sorted(world.rows(query)) for name, query in TABLES.items()},
    }


def run(world: World, inbox: Inbox) -> dict[str, Any]:
    """Run once; the record as far as it is the same each time, and what was refused."""
    for name, file in inbox.files.items():
        put(world, name, file)
    world.set(DAY_PARTITIONS_FROM_USERS="0" if inbox.days else "1000")
    result = world.run("--date", DAY, "--on-error", "quarantine")
    assert "internal error" not in result.out
    rejected = world.rows(
        "SELECT file, coalesce(line, 0), kind, reason, raw, line_count FROM rejected_row WHERE run_id = %s",
        result.record["id"],
    )
    return {
        "code": result.code,
        "balance": result.unit("readings"),
        "rejected": rejected,
        **{name: result.record[name] for name in (*COUNTS, "error_summary")},
    }


def put(world: World, name: str, file: File) -> None:
    header = "when,what" if file.fault == "header" else ONE if user_of(name) else MANY
    path = world.put(f"consumption/{name}", "\n".join([header, *(line.text for line in file.lines)]))
    if file.fault == "cut":
        path.write_bytes(path.read_bytes()[:-4])


def empty(world: World) -> None:
    """Forget readings, runs and files; users and contracts stay."""
    world.do("TRUNCATE dataset, reading, load_by_date, load_profile, run, rejected_row CASCADE")
    world.do("UPDATE user_total SET readings = 0, energy_wh = 0, last_measured_at = '-infinity'")
    for (name,) in world.rows("SELECT name FROM reading_partition"):
        world.do(f'DROP TABLE "{name}"')
    for folder in ("completion", "rejected", "consumption"):
        shutil.rmtree(world.data / folder, ignore_errors=True)
    (world.data / "consumption").mkdir()


def check_against_model(story: Story, found: dict[str, Any]) -> None:
    """The first in the order of files and lines wins."""
    stored: dict[tuple[int, datetime], Decimal] = {}
    for inbox, seen in zip(story.inboxes, found["runs"], strict=True):
        counts: Counter[str] = Counter(inserted=0, identical=0, conflicting=0)
        refused = []
        for name in sorted(inbox.files, key=reading_order):
            refused += list(read(name, inbox.files[name], stored, counts))
        assert {kind: seen["balance"][kind] for kind in counts} == counts
        assert sorted(row[:5] for row in seen["rejected"]) == sorted(refused)
        balance = seen["balance"]
        assert balance["read"] == balance["rejected"] + sum(counts.values())
    factor = 1_000 if story.unit == "kWh" else 1
    assert sorted(row[1:] for row in found["tables"]["reading"]) == sorted(
        (user, f"{at:%Y-%m-%d %H:%M:%S.%f}", f"{(energy * factor).normalize():f}")
        for (user, at), energy in stored.items()
    )


def read(name: str, file: File, stored: dict, counts: Counter) -> Iterator[tuple]:
    """Register a file's readings; yield what is refused of it."""
    path = f"consumption/{name}"
    if file.fault:
        yield path, 0, "reject", *FAULTS[file.fault]
        return
    for number, line in enumerate(file.lines, 2):
        if line.reason:
            yield path, number, "reject", line.reason, line.text
        if not line.reading:
            continue
        user, at, energy = line.reading
        first = stored.get((user, at))
        stored.setdefault((user, at), energy)
        counts["inserted" if first is None else "identical" if first == energy else "conflicting"] += 1
        if first not in (None, energy):
            yield path, number, "conflict", "conflicting", line.text


def reading_order(name: str) -> tuple[bool, int, str]:
    """Files of one user by number, then the others by name."""
    return (user_of(name) is None, user_of(name) or 0, name)
