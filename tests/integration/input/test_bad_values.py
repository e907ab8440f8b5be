"""Times, energies and ids reach the database exactly as written or are refused, whichever way they are read.

Every value of tests/values.py stands alone in a file, which is read at once where it is plain, and in a file
with all the others, which is read line by line.
"""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.values import BERLIN, ENERGIES, IDS, tokyo_until
from tests.world import DAY, World

TODAY = datetime.now(ZoneInfo("Asia/Tokyo")).date()


@pytest.mark.parametrize(
    ("zone", "times"),
    [("Asia/Tokyo", tokyo_until(TODAY)), ("Europe/Berlin", BERLIN)],
    ids=["tokyo", "berlin"],
)
def test_times_are_stored_to_the_microsecond_or_refused(world, zone, times):
    world.set(TZ=zone)
    outcome = both_roads(
        world,
        [f"{time},1" for time in times],
        "to_char(measured_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')",
    )
    expected = [text if "_" in text else f"{text}.000000"[:26] for text in times.values()]
    assert dict(zip(times, outcome, strict=True)) == dict(zip(times, expected, strict=True))
    world.verify()


@pytest.mark.parametrize(("unit", "factor"), [("Wh", 1), ("kWh", 1000)])
def test_energies_are_stored_to_the_last_digit_or_refused(world, unit, factor):
    world.set(CONSUMPTION_UNIT=unit)
    rows = [f"2016-07-15 {n // 60:02}:{n % 60:02}:00,{energy}" for n, energy in enumerate(ENERGIES)]
    outcome = both_roads(world, rows, "energy_wh::text")
    expected = [text if "_" in text else plain(Decimal(text) * factor) for text in ENERGIES.values()]
    assert dict(zip(ENERGIES, outcome, strict=True)) == dict(zip(ENERGIES, expected, strict=True))
    sums = [Decimal(text) * factor for text in ENERGIES.values() if "_" not in text]
    assert world.value("SELECT sum(energy_wh) FROM load_profile") == sum(sums) * 2
    world.verify()


def test_ids_in_the_user_file(world):
    good = [text for text, taken in IDS.items() if taken]
    bad = [text for text, taken in IDS.items() if not taken]
    world.put_masters()
    world.put_users(*(f"{text},a1,t1" for text in [*good, *bad]))
    assert world.run("--date", DAY).code == 1
    assert [(line, reason) for _, line, _, reason in world.rejected()] == [
        (2 + len(good) + n, "bad_id") for n in range(len(bad))
    ]
    world.put_users(*(f"{text},a1,t1" for text in good))
    assert world.run("--date", DAY).code == 0
    assert world.rows("SELECT id FROM app_user ORDER BY id") == sorted((number(text),) for text in good)


@pytest.mark.parametrize("beside", [0, 1])
def test_ids_in_a_file_with_many_users(world, beside):
    """All in one file, and each in a file of its own."""
    good = [text for text, taken in IDS.items() if taken]
    world.start(*(f"{number(text)},a1,t1" for text in good))
    for n, text in enumerate(IDS):
        rows = [f"{one},2016-07-15 00:00:00,1" for one in (IDS if beside and n == 0 else [text])]
        if not beside or n == 0:
            world.put(f"consumption/x{n:02}.csv", "\n".join(["user_id,datetime,consumption", *rows]))
    world.run("--date", DAY, "--on-error", "quarantine")
    assert [user for user, _, _ in world.readings()] == sorted(map(number, good))
    assert {reason for *_, reason in world.rejected()} == {"bad_id"}
    assert len(world.rejected()) == len(IDS) - len(good)


def test_the_largest_id_as_a_file_name(world):
    world.start("9223372036854775807,a1,t1")
    world.put_readings("9223372036854775807", "2016-07-15 00:00:00,1")
    assert world.run("--date", DAY).code == 0
    assert [user for user, _, _ in world.readings()] == [2**63 - 1]


def both_roads(world: World, rows: list[str], column: str) -> list[str]:
    """What is stored of each row, or its reason: the same from both roads."""
    together = len(rows) + 1
    world.start(*(f"{user},a1,t1" for user in range(1, together + 1)))
    for user, row in enumerate(rows, 1):
        world.put_readings(user, row)
    world.put_readings(together, *rows)
    world.run("--date", DAY, "--on-error", "quarantine")
    found: list[dict[int, str]] = [{}, {}]
    for file, line, _, reason in world.rejected():
        user = int(file.removeprefix("consumption/").removesuffix(".csv"))
        found[user == together][line - 1 if user == together else user] = reason
    alone = dict(world.rows(f"SELECT user_id, {column} FROM reading WHERE user_id <> %s", together))
    merged = world.rows(f"SELECT {column} FROM reading WHERE user_id = %s ORDER BY 1", together)
    assert found[0] == found[1]
    assert sorted(alone.values()) == [value for (value,) in merged]
    return [found[0].get(user) or alone.get(user, "lost") for user in range(1, together)]


def plain(value: Decimal) -> str:
    """Without an exponent and without zeros at the end."""
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def number(text: str) -> int:
    return int(text.strip().strip('"'))
