"""Several faults: of one line all are told, of a table without any name one sentence; lines balance."""

import gzip

import pytest

from tests.world import DAY

GOOD = "2026-03-01 00:00:00,1.5"


def faults(world) -> list[tuple]:
    return [(line, reason) for _, line, _, reason in world.rejected()]


def test_all_faults_of_a_reading_are_told_and_the_line_is_counted_once(world):
    world.start("5,a1,t1")
    world.put("consumption/x.csv", f"user_id,datetime,consumption\n05,24:00,-1\n9,{GOOD}x\n5,{GOOD}\n")
    result = world.run("--date", DAY, "--on-error", "quarantine")
    assert faults(world) == [
        (2, "bad_id"),
        (2, "bad_time"),
        (2, "bad_consumption"),
        (3, "unknown_user"),
        (3, "bad_consumption"),
    ]
    balance = result.unit("readings")
    assert (balance["read"], balance["inserted"], balance["rejected"]) == (3, 1, 2)
    assert result.record["error_count"] == 5


def test_all_faults_of_a_user_are_told_and_the_line_is_counted_once(world):
    world.start("5,a1,t1")
    world.put_users("x,a9,", "6,a1,t1")
    balance = world.run("--date", DAY).unit("users")
    assert faults(world) == [(2, "bad_id"), (2, "unknown_area"), (2, "bad_tariff")]
    assert (balance["read"], balance["rejected"]) == (2, 1)


def test_faults_of_users_are_told_in_the_order_of_lines(world):
    world.start("5,a1,t1")
    world.put_users(
        "6,a9,t1", "6,a1,t1", '7,"a1', "6,a1,t1", "6,a2,t1", "x,a9,t9", "", "6,a2,t9", "é\\,a1,t1"
    )
    balance = world.run("--date", DAY).unit("users")
    assert [row[1:] for row in world.rejected()] == [
        (2, "6,a9,t1", "unknown_area"),
        (4, '7,"a1', "wrong_fields"),
        (6, "6,a2,t1", "id_twice"),
        (7, "x,a9,t9", "bad_id"),
        (7, "x,a9,t9", "unknown_area"),
        (7, "x,a9,t9", "unknown_tariff"),
        (9, "6,a2,t9", "unknown_tariff"),
        (10, "é\\,a1,t1", "bad_id"),
    ]
    assert (balance["read"], balance["identical"], balance["rejected"]) == (8, 1, 6)


def test_faults_of_users_are_counted_beyond_those_kept(world):
    world.start("5,a1,t1")
    world.put_users(*(f"{n},a9,{'t9' if n > 9_000 else 't1'}" for n in range(1, 10_051)), "x,a1,t1")
    result = world.run("--date", DAY)
    assert world.value("SELECT count(*) FROM rejected_row") == 10_000
    assert world.rejected()[-1][1:] == (9_501, "9500,a9,t9", "unknown_tariff")
    assert (
        "11101 faults (unknown_area 10050, unknown_tariff 1050, bad_id 1)" in result.record["error_summary"]
    )
    assert result.unit("users")["rejected"] == 10_051


def test_the_limit_of_a_line_is_in_bytes(world):
    world.start("5,a1,t1")
    longest = "東" * (65_536 // 3)
    world.put("area.csv", f"name,note\na3,{longest[2:]}\na4,{longest}\na5,{longest * 2}\n")
    world.run("--date", DAY)
    assert faults(world) == [(3, "line_too_long"), (4, "line_too_long")]


def test_without_any_area_one_sentence_has_the_names_that_were_found(world):
    world.put("tariff.csv", "name\nt1\n")
    world.put_users(*(f"{n},a{n % 3},t1" for n in range(1, 61)), "x,a1,t1")
    result = world.run("--date", DAY)
    assert world.rows("SELECT line, line_count, raw, reason FROM rejected_row ORDER BY id") == [
        (62, 1, "x,a1,t1", "bad_id"),
        (None, 61, "a0, a1, a2", "unknown_area"),
    ]
    assert (result.unit("users")["read"], result.unit("users")["rejected"]) == (61, 61)
    assert "no area is known at all" in world.tell("--date", DAY).out


def test_without_any_master_both_are_told_and_lines_are_counted_once(world):
    world.put_users("5,a1,t1", "6,a2,t1")
    result = world.run("--date", DAY)
    assert world.rejected() == [
        ("user_data.csv", None, "a1, a2", "unknown_area"),
        ("user_data.csv", None, "t1", "unknown_tariff"),
    ]
    assert (result.unit("users")["rejected"], result.record["error_count"]) == (2, 2)


WHOLE = gzip.compress(f"datetime,consumption\n{GOOD}\n".encode())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (WHOLE[:-5], "cut off"),
        (b"PK\x03\x04", "a zip, no gzip"),
        (b"datetime,consumption\n", "no gzip, or something else behind it"),
        (WHOLE[:-8] + bytes(8), "damaged"),
    ],
    ids=["cut", "zip", "plain", "damaged"],
)
def test_a_bad_gzip_is_told_in_words(world, content, words):
    world.start("5,a1,t1")
    (world.data / "consumption/5.csv.gz").write_bytes(content)
    world.run("--date", DAY)
    assert world.rejected() == [("consumption/5.csv.gz", None, words, "bad_gzip")]
