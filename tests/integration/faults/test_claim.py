"""Many files leave the inbox by one exchange of the folder; nothing that was not loaded goes with them."""

import os

import pytest

from etl.inbox import claim, completion

DAY = "2026-04-01"
USERS = range(1, 6)


@pytest.fixture
def many(world):
    """Five users, a file of each, and a claim from three files on."""
    world.set(CLAIM_FOLDER_FROM_FILES="3")
    world.start(*(f"{user},a1,t1" for user in USERS))
    fill(world)
    return world


def fill(world, value=1):
    for user in USERS:
        world.put_readings(user, f"2026-03-01 00:00,{value}")


def loaded(world) -> list[str]:
    return [name for name in world.moved() if name.startswith("consumption/")]


ALL = [f"consumption/{user}.csv" for user in USERS]


def test_the_folder_goes_and_one_like_it_takes_its_place(many):
    folder = many.data / "consumption"
    folder.chmod(0o2770)
    before = folder.stat()
    assert many.run("--date", DAY).code == 0
    after = folder.stat()
    assert loaded(many) == ALL
    assert os.listdir(folder) == []
    assert after.st_ino != before.st_ino, "this test is about the claim, not about single moves"
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    assert not list(many.data.glob(".claimed-*"))


def test_what_was_not_read_stays_in_the_inbox(many):
    others = ["consumption/6.csv.part", "consumption/.hidden", "consumption/notes.txt"]
    for name in others:
        many.put(name, "x")
    (many.data / "consumption/folder").mkdir()
    assert many.run("--date", DAY).code == 0
    assert loaded(many) == ALL
    assert sorted(os.listdir(many.data / "consumption")) == [".hidden", "6.csv.part", "folder", "notes.txt"]


def test_a_file_put_or_replaced_after_it_was_read_is_loaded_by_the_next_run(many):
    real = claim.claim

    def late(files, data_dir, target):
        new = many.put("new", "datetime,consumption\n2026-03-01 00:30,7\n")
        new.replace(data_dir / "consumption/2.csv")
        many.put("consumption/late.csv", "user_id,datetime,consumption\n3,2026-03-01 00:30,8\n")
        return real(files, data_dir, target)

    with many.monkeypatch.context() as patched:
        patched.setattr(completion.claim, "claim", late)
        result = many.run("--date", DAY)
    assert result.code == 0
    assert loaded(many) == [name for name in ALL if "2.csv" not in name]
    assert many.inbox() == ["consumption/2.csv", "consumption/late.csv"]
    assert many.run("--date", DAY).record["inserted_count"] == 2
    many.verify()


def test_rejected_files_are_not_claimed(many):
    many.put("consumption/4.csv", "datetime,consumption\nbad,1\n2026-03-01 00:00,1\n")
    assert many.run("--date", DAY, "--on-error", "quarantine").code == 1
    assert loaded(many) == [name for name in ALL if "4.csv" not in name]
    assert many.moved("rejected") == ["consumption/4.csv"]


@pytest.mark.parametrize("crash", ["_is_as_read", "_put_back"])
def test_a_crash_after_the_exchange_loses_and_doubles_nothing(many, crash):
    def die(*_):
        raise KeyboardInterrupt

    many.put("consumption/6.csv.part", "x")
    with many.monkeypatch.context() as patched:
        patched.setattr(claim, crash, die)
        with pytest.raises(KeyboardInterrupt):
            many.run("--date", DAY)
    assert many.inbox() == [] and len(many.readings()) == len(USERS)
    many.put("consumption/1.csv", "datetime,consumption\n2026-03-01 00:30,7\n")
    first = many.run("--date", DAY)
    assert (first.record["inserted_count"], first.record["skipped_count"]) == (1, len(USERS) - 1)
    assert "consumption/6.csv.part" in [
        f"consumption/{name}" for name in os.listdir(many.data / "consumption")
    ]
    second = many.run("--date", DAY)
    assert (second.record["inserted_count"], second.record["skipped_count"]) == (0, 1), "1.csv was held back"
    assert not list(many.data.glob(".claimed-*"))
    many.verify()


def test_where_folders_cannot_be_exchanged_files_move_one_by_one(many):
    inode = (many.data / "consumption").stat().st_ino
    many.monkeypatch.setattr(claim, "EXCHANGE", 64)  # a flag that no kernel knows
    assert many.run("--date", DAY).code == 0
    assert loaded(many) == ALL
    assert (many.data / "consumption").stat().st_ino == inode
    assert not list(many.data.glob(".claimed-*"))


def test_a_link_in_place_of_the_folder_stays_one(many):
    elsewhere = many.data.parent / "elsewhere"
    (many.data / "consumption").rename(elsewhere)
    (many.data / "consumption").symlink_to(elsewhere)
    assert many.run("--date", DAY).code == 0
    assert loaded(many) == ALL
    assert (many.data / "consumption").is_symlink()
