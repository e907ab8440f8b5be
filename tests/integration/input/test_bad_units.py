"""Units of work: what one bad line undoes, what it leaves, what the run row and the balance say."""

import pytest

from tests.world import DAY, World

GOOD = "2026-03-01 00:00:00,1.5"
LATER = "2026-03-01 00:30:00,2.5"
BAD_USERS = ("5,a1,t1", "6,a9,t1")
POLICIES = ("abort", "quarantine")
# name: how many filled lines
BALANCE = ("read", "inserted", "identical", "conflicting", "rejected")


@pytest.fixture
def stored(world):
    """Users 5 and 6 with a reading each; the inbox is empty."""
    world.start("5,a1,t1", "6,a2,t2")
    world.put_readings(5, GOOD)
    world.put_readings(6, GOOD)
    assert world.run("--date", DAY).code == 0
    return world


def test_all_faults_of_both_units_are_collected(stored):
    world = stored
    world.put("area.csv", "name\na1\n\x01\n")
    world.put_users("5,a1,t1", "x,a1,t1", "7,a9,t1", "7,a1,t9", "8,,t1", "5,a2,t1", "9")
    world.put_readings(5, LATER, "x,1", "2026-03-02 00:00,-1", "2026-03-02 00:00")
    world.put_readings(6, "1969-01-01 00:00,1")
    world.put("consumption/many.csv", f"user_id,datetime,consumption\n5,{LATER}\n99,{LATER}\n0,{LATER}\n")
    world.put("consumption/odd.csv", "time,energy\n1,2\n\n3,4\n")
    result = world.run("--date", DAY)
    assert {(file, line, reason) for file, line, _, reason in world.rejected()} == {
        ("area.csv", 3, "bad_area"),
        ("user_data.csv", 3, "bad_id"),
        ("user_data.csv", 4, "unknown_area"),
        ("user_data.csv", 5, "unknown_tariff"),
        ("user_data.csv", 6, "bad_area"),
        ("user_data.csv", 7, "id_twice"),
        ("user_data.csv", 8, "wrong_fields"),
        ("consumption/5.csv", 3, "bad_time"),
        ("consumption/5.csv", 4, "bad_consumption"),
        ("consumption/5.csv", 5, "wrong_fields"),
        ("consumption/6.csv", 2, "time_out_of_range"),
        ("consumption/many.csv", 3, "unknown_user"),
        ("consumption/many.csv", 4, "bad_id"),
        ("consumption/odd.csv", None, "wrong_header"),
    }
    assert world.value("SELECT count(*) FROM rejected_row") == 14
    assert result.record["error_count"] == 14


@pytest.mark.parametrize("policy", POLICIES)
def test_counts_go_on_where_the_kept_rows_end(stored, policy):
    world = stored
    world.put_readings(5, *[f"x{n},1" for n in range(10_050)], LATER)
    result = world.run("--date", DAY, "--on-error", policy)
    assert world.value("SELECT count(*) FROM rejected_row") == 10_000
    assert world.rejected()[-1][:3] == ("consumption/5.csv", 10_001, "x9999,1")
    assert newest_run(world)["error_count"] == result.record["error_count"] == 10_050
    assert "10050 faults (bad_time 10050)" in result.record["error_summary"]
    assert counts(result) == {
        "read": 10_051,
        "inserted": 1,
        "identical": 0,
        "conflicting": 0,
        "rejected": 10_050,
    }


def test_users_and_readings_share_the_kept_rows(stored):
    world = stored
    world.put_users(*[f"x{n},a1,t1" for n in range(9_990)])
    world.put_readings(5, *["x,1"] * 30)
    result = world.run("--date", DAY)
    assert result.record["error_count"] == 9_990 + 30
    assert world.value("SELECT count(*) FROM rejected_row") == 10_000
    assert world.value("SELECT count(*) FROM rejected_row WHERE file = 'consumption/5.csv'") == 10


def test_a_fault_behind_ten_thousand_conflicts_is_still_named(stored):
    """Conflicts are no failure: they must not take the place of the one line that is."""
    world = stored
    world.monkeypatch.setattr("etl.readings.batches.BATCH_BYTES", 1_000)  # the conflicts' batch comes first
    world.put_readings(5, *[f"2026-03-01 00:00:00,{n}" for n in range(2, 10_052)])
    world.put_readings(6, "x,1")
    result = world.tell("--date", DAY, "--on-error", "quarantine")
    assert result.code == 1
    assert "consumption/6.csv:2: bad_time" in result.out
    assert world.rows("SELECT file, line FROM rejected_row WHERE kind = 'reject'") == [
        ("consumption/6.csv", 2)
    ]
    assert world.value("SELECT count(*) FROM rejected_row") == 10_000


@pytest.mark.parametrize("policy", POLICIES)
def test_a_fault_of_a_whole_file_is_one_row_with_its_lines(stored, policy):
    world = stored
    world.put_readings(99, GOOD, "", LATER, "not, even, checked")
    result = world.run("--date", DAY, "--on-error", policy)
    assert world.rows("SELECT file, line, line_count, reason FROM rejected_row") == [
        ("consumption/99.csv", None, 3, "unknown_user")
    ]
    assert result.record["error_count"] == 1
    assert counts(result)["read"] == counts(result)["rejected"] == 3


@pytest.mark.parametrize("users_bad", [False, True])
@pytest.mark.parametrize("readings_bad", [False, True])
def test_abort_undoes_a_bad_unit_whole_and_keeps_the_good_one(stored, users_bad, readings_bad):
    world = stored
    before = world.dump()
    put_both(world, users_bad, readings_bad)
    inbox = world.inbox()
    result = world.run("--date", "2026-04-02")
    users_stay = ["area.csv", "tariff.csv", "user_data.csv"] if users_bad else []
    readings_stay = ["consumption/5.csv", "consumption/6.csv"] if readings_bad else []
    assert world.inbox() == sorted(readings_stay + users_stay)
    assert moved_of_newest_run(world) == sorted(set(inbox) - set(world.inbox()))
    assert result.code == (1 if users_bad or readings_bad else 0)
    assert newest_run(world)["status"] == ("FAILURE" if result.code else "SUCCESS")
    after = world.dump()
    if users_bad and readings_bad:
        assert after == before
    assert (after["contract"] == before["contract"]) == users_bad
    assert (after["area"] == before["area"]) == users_bad
    assert (after["reading"] == before["reading"]) == readings_bad
    assert (after["load_by_date"] == before["load_by_date"]) == readings_bad
    assert (sorted(after) == sorted(before)) == readings_bad, "a partition of an undone unit is gone too"
    for unit, bad in (("users", users_bad), ("readings", readings_bad)):
        assert bool(result.unit(unit).get("rolled_back")) == bad
    world.verify()


def test_the_row_has_what_was_committed(stored):
    """Of a readings unit that was rolled back nothing counts as inserted or skipped."""
    world = stored
    world.put_readings(5, GOOD, LATER, "x,1")
    world.run("--date", DAY)
    assert run_counts(world) == {"input": 3, "inserted": 0, "skipped": 0, "error": 1}
    world.run("--date", DAY, "--on-error", "quarantine")
    assert run_counts(world) == {"input": 3, "inserted": 1, "skipped": 1, "error": 1}


@pytest.mark.parametrize("policy", POLICIES)
def test_the_message_says_that_readings_were_checked_against_the_users_before(stored, policy):
    world = stored
    world.put_users(*BAD_USERS, "7,a1,t1")
    world.put_readings(5, LATER)
    world.put_readings(7, LATER)
    result = world.tell("--date", DAY, "--on-error", policy)
    assert result.code == 1
    assert "checked against the users stored before" in result.out
    assert "checked against the users stored before" in newest_run(world)["error_summary"]
    assert ("consumption/7.csv", None, "7", "unknown_user") in world.rejected()


def test_users_alone_say_nothing_about_readings(stored):
    world = stored
    world.put_users(*BAD_USERS)
    assert "checked against" not in world.tell("--date", DAY).out


def test_a_fault_in_a_master_file_undoes_the_user_file_too(stored):
    world = stored
    before = world.dump()
    world.put("area.csv", "name\na3\n" + "x" * 101 + "\n")
    world.put_users("5,a3,t1", "6,a2,t2")
    result = world.run("--date", DAY)
    assert result.code == 1
    assert world.dump() == before
    assert world.inbox() == ["area.csv", "user_data.csv"]
    balance = result.unit("users")
    assert (balance["read"], balance["rejected"]) == (2, 0), "both lines of user_data.csv are good"


def test_quarantine_keeps_the_good_lines_and_puts_files_with_bad_ones_aside(stored):
    world = stored
    world.put_users("5,a1,t1", "6,a2,t2", "7,a1,t1")
    world.put_readings(5, GOOD, "2026-03-01 00:00:00,9", "x,1", LATER)
    world.put_readings(6, LATER)
    world.put_readings(7, f"{LATER},", "", "y")
    world.put_readings(8, GOOD)
    world.put("consumption/many.csv.gz", f"user_id,datetime,consumption\n6,{LATER}\n8,{LATER}\n7,{GOOD}\n")
    result = world.run("--date", DAY, "--on-error", "quarantine")
    assert result.code == 1
    assert newest_run(world)["status"] == "FAILURE"
    assert counts(result) == {"read": 11, "inserted": 3, "identical": 2, "conflicting": 1, "rejected": 5}
    assert balanced(result)
    assert [(user, wh) for user, _, wh in world.readings()] == [
        *[(5, "1.5"), (5, "2.5")],
        *[(6, "1.5"), (6, "2.5")],
        (7, "1.5"),
    ]
    run = newest_run(world)["execution_uuid"]
    assert world.inbox() == []
    assert below(world, f"rejected/{run}/consumption") == ["5.csv", "7.csv", "8.csv", "many.csv.gz"]
    assert below(world, f"completion/{run}") == ["consumption", "user_data.csv"]
    assert below(world, f"completion/{run}/consumption") == ["6.csv"]
    world.verify()


def test_files_with_conflicts_only_are_complete(stored):
    world = stored
    world.put_readings(5, "2026-03-01 00:00:00,9")
    assert world.run("--date", DAY, "--on-error", "quarantine").code == 0
    assert moved_of_newest_run(world) == ["consumption/5.csv"]


def test_users_stay_all_or_nothing_under_quarantine(stored):
    world = stored
    before = world.dump()
    world.put_masters()
    world.put_users("5,a2,t3", "6,a2,t2", "7,a9,t1")
    result = world.run("--date", "2026-04-02", "--on-error", "quarantine")
    assert result.code == 1
    assert world.dump() == before
    assert world.inbox() == ["area.csv", "tariff.csv", "user_data.csv"]
    assert world.moved("rejected") == []


@pytest.mark.parametrize("policy", POLICIES)
def test_a_dry_run_with_faults_fails_alike_and_leaves_nothing(stored, policy):
    world = stored
    before, runs = world.dump(), world.value("SELECT count(*) FROM run")
    put_both(world, users_bad=False, readings_bad=True)
    inbox = world.inbox()
    result = world.tell("--date", DAY, "--on-error", policy, "--dry-run")
    assert result.code == 1
    assert "consumption/6.csv:3: bad_time" in result.out
    assert world.dump() == before
    assert world.inbox() == inbox
    assert world.value("SELECT count(*) FROM run") == runs
    assert world.rejected() == []


def put_both(world: World, users_bad: bool, readings_bad: bool) -> None:
    """A new area and a change for user 5; readings of a month without a partition yet."""
    world.put("area.csv", "name\na1\na2\na3\n")
    world.put("tariff.csv", "name\nt1\n")
    world.put_users("5,a3,t1", "6,a9,t2" if users_bad else "6,a2,t2")
    world.put_readings(5, "2026-04-02 00:00:00,1")
    world.put_readings(6, "2026-04-02 00:00:00,1", "x,1" if readings_bad else "2026-04-02 00:30:00,1")


def counts(result) -> dict[str, int]:
    return {name: result.unit("readings")[name] for name in BALANCE}


def balanced(result) -> bool:
    read, *parts = counts(result).values()
    return read == sum(parts)


def newest_run(world: World) -> dict:
    ((row,),) = world.rows("SELECT to_jsonb(r) FROM run r ORDER BY id DESC LIMIT 1")
    return row


def run_counts(world: World) -> dict[str, int]:
    run = newest_run(world)
    return {name: run[f"{name}_count"] for name in ("input", "inserted", "skipped", "error")}


def moved_of_newest_run(world: World) -> list[str]:
    folder = world.data / "completion" / newest_run(world)["execution_uuid"]
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def below(world: World, folder: str) -> list[str]:
    return sorted(path.name for path in (world.data / folder).iterdir())
