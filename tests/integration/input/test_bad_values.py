"""Times, energies and ids at their borders: taken exactly as written, or refused; never a guess.

Every value goes through both roads of the parser: alone in a file (the fast one, where it is plain)
and in a file with all the others (line by line).
"""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tests.world import DAY, World

TODAY = datetime.now(ZoneInfo("Asia/Tokyo")).date()
TOMORROW = TODAY + timedelta(days=1)
# a written time: the instant in UTC that is stored, or the reason why none is
Table = dict[str, str]

TOKYO: Table = {
    "2016-07-15 00:00:00": "2016-07-14 15:00:00",
    "2016-07-15T00:30:00": "2016-07-14 15:30:00",
    "2016-07-15 01:00": "2016-07-14 16:00:00",
    "2016-07-15T01:30": "2016-07-14 16:30:00",
    " 2016-07-15 02:00:00 ": "2016-07-14 17:00:00",
    "2016-07-15 00:00:00Z": "2016-07-15 00:00:00",
    "2016-07-15T10:00+09:00": "2016-07-15 01:00:00",
    "2016-07-15T11:00:00+0900": "2016-07-15 02:00:00",
    "2016-07-15 12:00+09": "2016-07-15 03:00:00",
    "2016-07-15 00:30:00-03:30": "2016-07-15 04:00:00",
    "2016-07-15 10:45:00+05:45": "2016-07-15 05:00:00",
    "2016-07-15 23:00:00-00:00": "2016-07-15 23:00:00",
    "2016-07-15 03:00:00.5": "2016-07-14 18:00:00.500000",
    "2016-07-15 03:00:00.123456": "2016-07-14 18:00:00.123456",
    "2016-07-15 03:00:00.1234570": "2016-07-14 18:00:00.123457",
    "2016-07-15 03:00:00.000000000001": "bad_time",
    "2016-07-15 03:00:00.1234567": "bad_time",
    "2016-07-15 03:00:00.": "bad_time",
    "2016-07-15 03:00:00,5": "wrong_fields",
    "2016-02-29 12:34:56": "2016-02-29 03:34:56",
    "2015-02-29 12:34:56": "bad_time",
    "2016-02-30 00:00:00": "bad_time",
    "2016-13-01 00:00:00": "bad_time",
    "2016-00-10 00:00:00": "bad_time",
    "2016-07-00 00:00:00": "bad_time",
    "2016-07-15 24:00:00": "bad_time",
    "2016-07-15 24:00": "bad_time",
    "2016-07-15 23:60:00": "bad_time",
    "2016-07-15 23:59:60": "bad_time",
    "2016-12-31T23:59:60Z": "bad_time",
    "2016-07-15": "bad_time",
    "20160715T000000": "bad_time",
    "2016-7-5 0:00": "bad_time",
    "2016/07/15 00:00:00": "bad_time",
    "04-10-2024 00:00:00": "bad_time",
    "10-04-2024 00:00": "bad_time",
    "16-07-15 00:00:00": "bad_time",
    "2016-07-15  00:00": "bad_time",
    "2016-07-15 00:00:00 +09:00": "bad_time",
    "2016-07-15 00:00:00+24:00": "bad_time",
    "2016-07-15 00:00:00+09:60": "bad_time",
    "2016-07-15 00:00:00 JST": "bad_time",
    "2016-07-15t00:00:00": "bad_time",
    "2016-07-15T00:00:00z": "bad_time",
    "2016-07-15T00": "bad_time",
    "２０１６-07-15 00:00": "bad_time",
    "2016-07-15 00:0٠": "bad_time",
    "1468508400": "bad_time",
    "NaT": "bad_time",
    "now": "bad_time",
    "T": "bad_time",
    '""': "bad_time",
    "1969-12-31 23:59:59": "time_out_of_range",
    "1970-01-01 00:00:00": "1969-12-31 15:00:00",
    "1969-12-31T16:00:00Z": "1969-12-31 16:00:00",
    "0000-01-01 00:00:00": "bad_time",
    "0001-01-01 00:00:00": "time_out_of_range",
    "9999-12-31 23:59:59": "time_out_of_range",
    "9999-12-31T23:59:59-12:00": "time_out_of_range",
    f"{TODAY} 23:59:59": f"{TODAY} 14:59:59",
    f"{TODAY}T23:59:59.999999": f"{TODAY} 14:59:59.999999",
    f"{TODAY}T15:00:00Z": "time_out_of_range",
    f"{TOMORROW} 00:00:00": "time_out_of_range",
    f"{TOMORROW} 00:00": "time_out_of_range",
}

BERLIN: Table = {
    "2024-03-31 01:59:59": "2024-03-31 00:59:59",
    "2024-03-31 02:00:00": "ambiguous_time",
    "2024-03-31 02:30:00": "ambiguous_time",
    "2024-03-31 02:59:59": "ambiguous_time",
    "2024-03-31 03:00:00": "2024-03-31 01:00:00",
    "2024-03-31 02:30:00+01:00": "2024-03-31 01:30:00",
    "2024-03-31 02:45:00+02:00": "2024-03-31 00:45:00",
    "2024-03-31 02:15:00Z": "2024-03-31 02:15:00",
    "2024-10-27 01:59:59": "2024-10-26 23:59:59",
    "2024-10-27 02:00:00": "ambiguous_time",
    "2024-10-27 02:30": "ambiguous_time",
    "2024-10-27T02:59:59": "ambiguous_time",
    "2024-10-27 03:00:00": "2024-10-27 02:00:00",
    "2024-10-27 02:30:00+02:00": "2024-10-27 00:30:00",
    "2024-10-27 02:30:00+01:00": "2024-10-27 01:30:00",
}

ENERGIES: Table = {
    "0": "0",
    "0.0": "0",
    "0.000001": "0.000001",
    "0.1": "0.1",
    "101.0": "101",
    "007.50": "7.5",
    " 5 ": "5",
    '"6"': "6",
    "7174.0005": "7174.0005",
    "0.30": "0.3",
    "123456789012": "123456789012",
    "999999999999.999999": "999999999999.999999",
    "9007199254740993": "bad_consumption",  # 2^53 + 1 is too long, not rounded
    "900719925474.099301": "900719925474.099301",
    "1.1234567": "bad_consumption",
    "1.1234560": "bad_consumption",
    "1234567890123": "bad_consumption",
    "0000000000001": "bad_consumption",
    "1e3": "bad_consumption",
    "1E3": "bad_consumption",
    "NaN": "bad_consumption",
    "nan": "bad_consumption",
    "inf": "bad_consumption",
    "null": "bad_consumption",
    "-1": "bad_consumption",
    "-0": "bad_consumption",
    "+1": "bad_consumption",
    ".5": "bad_consumption",
    "5.": "bad_consumption",
    ".": "bad_consumption",
    '""': "bad_consumption",
    "": "bad_consumption",
    "1_000": "bad_consumption",
    "1 000": "bad_consumption",
    "0x10": "bad_consumption",
    "1.2.3": "bad_consumption",
    "５": "bad_consumption",
    "٣": "bad_consumption",
    "5Wh": "bad_consumption",
    "5\t": "bad_consumption",
    '"1,5"': "bad_consumption",
    "1,5": "wrong_fields",
}

IDS: dict[str, bool] = {
    "1": True,
    "9": True,
    "4294967296": True,
    "9007199254740993": True,
    "9223372036854775807": True,
    " 12 ": True,
    '"13"': True,
    "9223372036854775808": False,
    "18446744073709551617": False,
    "99999999999999999999": False,
    "0": False,
    "-1": False,
    "+5": False,
    "007": False,
    "5.0": False,
    "5e3": False,
    "1_0": False,
    "1 0": False,
    "５": False,
    "٥": False,
    "²": False,
    "": False,
    "x": False,
    "0x5": False,
}  # fmt: skip


@pytest.mark.parametrize(("zone", "times"), [("Asia/Tokyo", TOKYO), ("Europe/Berlin", BERLIN)])
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
