"""Files of the cache that expired, and the oldest of too many, are removed: at start and now and then."""

import os
import shutil
import time
from pathlib import Path

import pytest
from flask import Flask

from etl.config import Config
from tests.web.site import Viewer
from web.data import cache, sweep
from web.data.cache import SECONDS, SWEEP_SECONDS, Cache


def make(folder: Path) -> Cache:
    """A cache under `folder`."""
    return Cache(Flask("test"), Config(state_dir=folder))


def put(made: Cache, folder: Path, key: str, age: float) -> Path:
    """Keep a result that is so many seconds old; its file."""
    before = set(files(folder))
    made.once("data", (key,), lambda: key)
    (path,) = set(files(folder)) - before
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def files(folder: Path) -> list[Path]:
    """The results there are."""
    return list((folder / "cache" / "results").iterdir())


@pytest.fixture
def later(monkeypatch) -> None:
    """Minutes later, by the cache's clock."""
    now = time.monotonic() + SWEEP_SECONDS + 1
    monkeypatch.setattr(cache, "monotonic", lambda: now)


def test_what_has_expired_is_removed_at_the_start(tmp_path):
    made = make(tmp_path)
    put(made, tmp_path, "old", SECONDS + 60)
    young = put(made, tmp_path, "young", SECONDS - 60)
    make(tmp_path)
    assert files(tmp_path) == [young]


def test_of_too_many_the_newest_are_kept(tmp_path, monkeypatch):
    made = make(tmp_path)
    paths = [put(made, tmp_path, f"{age}", age) for age in (50, 10, 40, 20, 30)]
    monkeypatch.setattr(sweep, "MOST_FILES", 3)
    make(tmp_path)
    assert set(files(tmp_path)) == {paths[1], paths[3], paths[4]}
    assert made.once("data", ("10",), lambda: "anew") == "10"
    assert made.once("data", ("50",), lambda: "anew") == "anew"


def test_in_between_it_is_swept_every_ten_minutes(tmp_path, request):
    made = make(tmp_path)
    old = put(made, tmp_path, "old", SECONDS + 60)
    put(made, tmp_path, "new", 0)
    assert old.exists(), "not at each result"
    request.getfixturevalue("later")
    put(made, tmp_path, "newer", 0)
    assert not old.exists()
    second = put(made, tmp_path, "second", SECONDS + 60)
    put(made, tmp_path, "newest", 0)
    assert second.exists(), "not again at once"


def test_a_folder_that_was_deleted_is_made_again(small, asked, request):
    viewer = Viewer()
    page = viewer.get()
    shutil.rmtree(small.state / "cache")
    request.getfixturevalue("later")
    assert viewer.get().text == page.text
    asked.clear()
    assert viewer.get().text == page.text
    assert asked == []


def test_of_too_many_bytes_the_newest_are_kept(tmp_path, monkeypatch):
    made = make(tmp_path)
    paths = [put(made, tmp_path, "x" * 10_000 + f"{age}", age) for age in (50, 10, 40, 20, 30)]
    monkeypatch.setattr(sweep, "MOST_BYTES", 31_000)
    make(tmp_path)
    assert set(files(tmp_path)) == {paths[1], paths[3], paths[4]}


def test_who_fills_the_cache_quickly_does_not_fill_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "MOST_BYTES", 30_000)
    monkeypatch.setattr(cache, "BYTES_UNSWEPT", 10_000)
    made = make(tmp_path)
    for number in range(100):
        made.once("data", (number,), lambda: "x" * 5_000)
        assert sum(path.stat().st_size for path in files(tmp_path)) < 50_000
