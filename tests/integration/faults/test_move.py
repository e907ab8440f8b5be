"""The move after the commit fails: the data is in, the message says so, and the next run puts it right."""

import os
import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.world import DAY, World

GOOD = "2026-03-01 00:00:00,1.5"
READINGS = ("consumption/5.csv", "consumption/6.csv")
WHAT_TO_DO = "put this right and the next run takes them up as repeats"
INSERTED = "(metadata #>> '{units,readings,inserted}')::int"


@pytest.fixture
def full_inbox(world):
    """Two users and their readings, not loaded yet."""
    world.put_masters()
    world.put_users("5,a1,t1", "6,a2,t2")
    world.put_readings(5, GOOD, "2026-03-01 00:30:00,2")
    world.put_readings(6, GOOD)
    return world


def test_a_full_disk_at_the_move(full_inbox):
    world = full_inbox
    names = world.inbox()
    with tiny_disk(world.data / "completion"):
        result = world.tell("--date", DAY)
        told_and_committed(world, result, "No space left on device")
        moved, left = world.moved(), world.inbox()
        assert moved, "as much as there was room for"
        assert left
        assert sorted(moved + left) == names, "every file is in one place, whole"
        shutil.copytree(world.data / "completion", world.root / "saved")
    assert not list((world.root / "saved").rglob("*.part"))
    taken_up_by_the_next_run(world)
    assert sorted(moved + world.moved()) == names


def test_completion_is_a_file(full_inbox):
    world = full_inbox
    names = world.inbox()
    (world.data / "completion").write_text("in the way")
    result = world.tell("--date", DAY)
    told_and_committed(world, result, "completion")
    (world.data / "completion").unlink()
    assert world.inbox() == names
    taken_up_by_the_next_run(world)
    assert world.moved() == names


def test_a_name_is_taken_in_the_middle_of_the_moves(full_inbox):
    """Masters and users move, consumption cannot: a file stands where its folder must be."""
    world = full_inbox
    (world.data / "consumption/x.csv").write_text("user_id,datetime,consumption\nx,x,x\n")
    (world.data / "rejected").write_text("in the way")
    result = world.tell("--date", DAY, "--on-error", "quarantine")
    told_and_committed(world, result, "rejected")
    assert world.inbox() == ["consumption/x.csv", "rejected"]
    summary = newest(world, "error_summary")
    assert "3 faults (bad_id 1, bad_time 1, bad_consumption 1)" in summary, (
        "the faults are still in the summary"
    )


def test_another_file_system_takes_whole_files(full_inbox):
    """completion/ may be a mount of its own: there a rename is a copy, synced and renamed."""
    world = full_inbox
    names = world.inbox()
    contents = {name: (world.data / name).read_bytes() for name in names}
    with tiny_disk(world.data / "completion", inodes=20):
        assert world.tell("--date", DAY).code == 0
        assert world.inbox() == []
        assert world.moved() == names
        (run,) = (world.data / "completion").iterdir()
        assert {name: (run / name).read_bytes() for name in names} == contents


def test_a_folder_that_is_no_run_does_not_disturb_the_retention(full_inbox):
    """lost+found of a mount, or a person's own folder, is none of the runs' business."""
    world = full_inbox
    world.set(COMPLETION_RETENTION_DAYS="1")
    (world.data / "completion/lost+found").mkdir(parents=True)
    result = world.tell("--date", DAY)
    assert (result.code, result.err.count("error:")) == (0, 0)
    assert newest(world, "status") == "SUCCESS"
    assert (world.data / "completion/lost+found").is_dir()


def told_and_committed(world: World, result, found: str) -> None:
    """Exit 1, FAILURE and what to do; but everything is in the database."""
    assert result.code == 1
    assert "Traceback" not in result.err
    assert "the data is committed" in result.out
    assert found in result.out
    assert WHAT_TO_DO in result.out
    assert (newest(world, "status"), newest(world, INSERTED)) == ("FAILURE", 3)
    assert "the data is committed" in newest(world, "error_summary")
    assert world.value("SELECT count(*) FROM contract") == 2
    assert [wh for _, _, wh in world.readings()] == ["1.5", "2", "1.5"]
    world.verify()


def taken_up_by_the_next_run(world: World) -> None:
    before = world.dump()
    repeats = sum(
        len((world.data / name).read_text().split("\n")) - 2 for name in READINGS if name in world.inbox()
    )
    result = world.run("--date", DAY)
    assert result.code == 0, result.err
    assert result.record["inserted_count"] == 0
    readings = result.record["metadata"]["units"].get("readings", {"identical": 0, "conflicting": 0})
    assert readings["identical"] == repeats
    assert readings["conflicting"] == 0
    assert world.dump() == before
    assert world.inbox() == []


def newest(world: World, column: str):
    return world.value(f"SELECT {column} FROM run ORDER BY id DESC LIMIT 1")


@contextmanager
def tiny_disk(path: Path, inodes: int = 4) -> Generator[None]:
    """A file system with room for so many files and folders at `path`."""
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size=64k,nr_inodes={inodes}", "tmpfs", str(path)]
    allowed = os.geteuid() == 0 and shutil.which("mount")
    if not allowed or subprocess.run(mount, capture_output=True, check=False).returncode:
        path.rmdir()
        pytest.skip("no right to mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)
        path.rmdir()
