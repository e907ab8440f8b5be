"""Files leave the inbox with one rename each; one that is not the file that was read is put back."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from etl.errors import MoveFailed
from etl.inbox import completion, files
from etl.inbox.files import REJECTED, InboxFile, Signature

READ, NEWER, NEWEST = "read", "a newer one", "the newest one of all"
NAME = "consumption/5.csv"


@pytest.fixture
def inbox(tmp_path) -> Path:
    (tmp_path / "consumption").mkdir()
    return tmp_path


def put(inbox: Path, content: str, name: str = NAME) -> None:
    """Put a file as one should: under another name first."""
    (inbox / "unfinished").write_text(content)
    (inbox / "unfinished").replace(inbox / name)


def as_read(inbox: Path, name: str = NAME) -> InboxFile:
    put(inbox, READ, name)
    file = InboxFile(inbox, name)
    with file.open(1 << 20) as source:
        source.read()
    return file


def move(inbox: Path, *files: InboxFile) -> int:
    return completion.move(list(files), inbox, "a-run", lambda: None)


def contents(inbox: Path) -> dict[str, str]:
    """Every file below the inbox."""
    return {str(path.relative_to(inbox)): path.read_text() for path in inbox.rglob("*") if path.is_file()}


def before_the_look(monkeypatch, act) -> None:
    """Do something once, between the move of a file and the look at what arrived."""
    rename, acts = os.rename, [act]

    def then(*arguments, **folders):
        rename(*arguments, **folders)
        if acts:
            acts.pop()()

    monkeypatch.setattr(completion.os, "rename", then)


class Killed(BaseException):
    """The process ends here: nothing it meant to do afterwards is done."""


def test_a_kill_behind_the_move_leaves_no_unread_file(inbox, monkeypatch):
    file, other = as_read(inbox), as_read(inbox, "consumption/6.csv")
    put(inbox, NEWER)

    def kill() -> None:
        raise Killed

    before_the_look(monkeypatch, kill)
    with pytest.raises(Killed):
        move(inbox, file, other)
    assert contents(inbox) == {NAME: NEWER, "completion/a-run/consumption/6.csv": READ}


@pytest.mark.parametrize("corrected", [False, True])
def test_a_correction_during_a_copy_stays(inbox, monkeypatch, corrected):
    """Elsewhere than in the inbox's own file system a move is a copy."""
    file, copy = as_read(inbox), shutil.copy2

    def copy_slowly(*paths: Path) -> None:
        copy(*paths)
        if corrected:
            put(inbox, NEWER)

    monkeypatch.setattr(completion.shutil, "copy2", copy_slowly)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        if Path(folder).stat().st_dev == inbox.stat().st_dev:
            pytest.skip("/dev/shm is no file system of its own here")
        (inbox / "completion").symlink_to(folder)
        assert move(inbox, file) == (0 if corrected else 1)
        arrived = [path for path in Path(folder).rglob("*") if path.is_file()]
        assert [path.read_text() for path in arrived] == ([] if corrected else [READ])
    assert contents(inbox) == ({NAME: NEWER} if corrected else {})


def first_look(monkeypatch, act) -> None:
    """Do something once, between the look at a file and its move."""
    lstat, acts = os.lstat, [act]

    def then(*arguments, **folders):
        status = lstat(*arguments, **folders)
        if acts and "dir_fd" in folders:
            acts.pop()()
        return status

    monkeypatch.setattr(files.os, "lstat", then)


@pytest.mark.parametrize("destination", ["completion", REJECTED])
def test_another_file_of_the_name_is_put_back(inbox, destination):
    file, other = as_read(inbox), as_read(inbox, "consumption/6.csv")
    file.destination = destination
    put(inbox, NEWER)
    assert move(inbox, file, other) == 1
    assert contents(inbox) == {NAME: NEWER, "completion/a-run/consumption/6.csv": READ}


def test_a_file_that_grew_is_put_back(inbox):
    file = as_read(inbox)
    with (inbox / NAME).open("a") as appended:
        appended.write(NEWER)
    assert move(inbox, file) == 0
    assert contents(inbox) == {NAME: READ + NEWER}


def test_what_could_not_be_opened_is_put_back(inbox):
    """It may have become readable since: the next run has to read it."""
    put(inbox, READ)
    assert move(inbox, InboxFile(inbox, NAME, Signature(0), REJECTED)) == 0
    assert contents(inbox) == {NAME: READ}


@pytest.mark.parametrize("there", ["folder", "link"])
def test_what_is_no_file_any_more_is_put_back(inbox, there):
    file = as_read(inbox)
    (inbox / NAME).unlink()
    if there == "folder":
        (inbox / NAME).mkdir()
    else:
        (inbox / NAME).symlink_to("/dev/null")
    assert move(inbox, file) == 0
    assert (inbox / NAME).is_dir() if there == "folder" else (inbox / NAME).is_symlink()


def test_putting_back_replaces_no_newer_file(inbox, monkeypatch):
    file = as_read(inbox)
    first_look(monkeypatch, lambda: put(inbox, NEWER))
    before_the_look(monkeypatch, lambda: put(inbox, NEWEST))
    move(inbox, file)
    assert contents(inbox)[NAME] == NEWEST


def test_what_changes_behind_the_first_look_is_put_back(inbox, monkeypatch):
    file = as_read(inbox)
    first_look(monkeypatch, lambda: put(inbox, NEWER))
    assert move(inbox, file) == 0
    assert contents(inbox) == {NAME: NEWER}


def test_a_file_that_arrives_under_the_name_stays_in_the_inbox(inbox, monkeypatch):
    file = as_read(inbox)
    before_the_look(monkeypatch, lambda: put(inbox, NEWER))
    assert move(inbox, file) == 1
    assert contents(inbox) == {NAME: NEWER, f"completion/a-run/{NAME}": READ}


def test_a_folder_put_in_place_of_the_inbox_folder_keeps_its_files(inbox):
    first, second = as_read(inbox), as_read(inbox, "consumption/6.csv")

    def exchange() -> None:
        if not (inbox / NAME).exists() and not (inbox / "aside").exists():
            (inbox / "consumption").rename(inbox / "aside")
            (inbox / "consumption").mkdir()
            put(inbox, NEWER, "consumption/6.csv")

    assert completion.move([first, second], inbox, "a-run", exchange) == 2
    assert contents(inbox) == {
        "consumption/6.csv": NEWER,
        f"completion/a-run/{NAME}": READ,
        "completion/a-run/consumption/6.csv": READ,
    }


@pytest.mark.parametrize("gone", [NAME, "consumption"])
def test_what_is_gone_stops_no_other_file(inbox, gone):
    file, other = as_read(inbox), as_read(inbox, "area.csv")
    (inbox / NAME).unlink()
    if gone == "consumption":
        (inbox / gone).rmdir()
    assert move(inbox, file, other) == 1
    assert contents(inbox) == {"completion/a-run/area.csv": READ}


def test_a_folder_in_the_way_of_a_file_is_told(inbox):
    file = as_read(inbox)
    (inbox / "completion/a-run" / NAME / "in the way").mkdir(parents=True)
    with pytest.raises(MoveFailed, match=r"consumption/5\.csv cannot be moved .* 1 files stay"):
        move(inbox, file)
    assert contents(inbox) == {NAME: READ}


def test_a_file_costs_one_rename_and_two_looks(inbox, monkeypatch):
    files = [as_read(inbox, f"consumption/{user}.csv") for user in range(1, 101)]
    calls = dict.fromkeys(("rename", "lstat", "stat", "open"), 0)

    def counted(name: str):
        real = getattr(os, name)

        def call(*arguments, **options):
            calls[name] += 1
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as patched:
        for name in calls:
            patched.setattr(os, name, counted(name))
        assert move(inbox, *files) == 100
    assert (calls["rename"], calls["lstat"]) == (100, 200)
    assert calls["stat"] + calls["open"] < 10, "folders, once"


def test_no_folder_stays_open(inbox):
    before = len(os.listdir("/proc/self/fd"))
    move(inbox, as_read(inbox), as_read(inbox, "area.csv"))
    assert len(os.listdir("/proc/self/fd")) == before
