"""Readings: unique by user and time, the first wins, exact, in any mixture of files and runs."""

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import DAY, World

USERS = (1, 2, 10)


def test_the_first_wins_in_the_order_of_the_files(world):
    """One-user files by number before the others by name; .csv before .csv.gz; then by line."""
    world.start("2,a1,t1", "10,a1,t1")
    at = "2026-03-01 00:00"
    world.put_readings(10, f"{at},1", name="10.csv.gz")
    world.put_readings(10, f"{at},2", f"{at},3")
    world.put_readings(2, f"{at},4")
    world.put("consumption/1.csv", f"user_id,datetime,consumption\n2,{at},5\n10,{at},6\n2,{at}:01,7\n")
    world.put("consumption/0-first.csv", f"user_id,datetime,consumption\n2,{at}:01,8\n2,{at},4.0\n")
    result = world.run("--date", DAY)
    assert world.readings() == [
        (2, "2026-02-28 15:00:00.000000", "4"),
        (2, "2026-02-28 15:00:01.000000", "8"),
        (10, "2026-02-28 15:00:00.000000", "2"),
    ]
    assert result.unit("readings") == {
        "read": 9,
        "inserted": 3,
        "identical": 1,
        "conflicting": 5,
        "rejected": 0,
    }
    assert [(file, line) for file, line, _, _ in world.rejected()] == [
        ("consumption/10.csv", 3),
        ("consumption/10.csv.gz", 2),
        ("consumption/1.csv", 2),
        ("consumption/1.csv", 3),
        ("consumption/1.csv", 4),
    ]


def test_what_is_registered_is_never_updated(world):
    world.start("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,101")
    world.run("--date", DAY)
    world.put_readings(5, "2026-03-01 00:00,101.0", "2026-03-01 00:00:00,102")
    result = world.run("--date", DAY)
    assert result.code == 0
    assert result.record["skip_breakdown"] == {"identical": 1, "conflicting": 1}
    assert world.readings() == [(5, "2026-02-28 15:00:00.000000", "101")]
    assert world.rejected() == [("consumption/5.csv", 3, "2026-03-01 00:00:00,102", "conflicting")]


def test_the_date_does_not_filter_readings(world):
    world.start("5,a1,t1")
    world.put_readings(5, "1970-01-01 00:00,1", "2026-04-20 00:00,1")
    assert world.run("--date", DAY).record["inserted_count"] == 2


def test_zero_is_a_reading_and_none_is_not_zero(world):
    world.start("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,0")
    world.run("--date", DAY)
    assert world.rows("SELECT hour, readings, energy_wh FROM load_by_date") == [(0, 1, 0)]


def test_kwh_are_stored_as_wh_to_the_last_digit(world):
    world.set(CONSUMPTION_UNIT="kWh")
    world.start("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,0.1", "2026-03-01 00:30,999999999999.999999")
    world.run("--date", DAY)
    assert [wh for _, _, wh in world.readings()] == ["100", "999999999999999.999"]
    world.put_readings(5, "2026-03-01 00:00,0.100")
    assert world.run("--date", DAY).record["skip_breakdown"] == {"identical": 1, "conflicting": 0}


def test_files_move_with_their_paths_kept(world):
    world.start("5,a1,t1")
    world.put_readings(5, "2026-03-01 00:00,1")
    uuid = world.run("--date", DAY).record["execution_uuid"]
    assert (world.data / "completion" / uuid / "consumption" / "5.csv").exists()
    assert world.inbox() == []


MOMENTS = st.integers(0, 5).map(lambda n: datetime(2026, 2, 28, 22, 30) + timedelta(minutes=30 * n))
ROWS = st.lists(st.tuples(st.sampled_from(USERS), MOMENTS, st.sampled_from(["1", "1.0", "2.5"])), max_size=8)
RUNS = st.lists(
    st.dictionaries(
        st.sampled_from(["1.csv", "2.csv", "2.csv.gz", "10.csv", "a.csv", "b.csv.gz"]), ROWS, min_size=1
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(runs=RUNS)
def test_any_mixture_of_repeats_equals_a_simple_model(world, runs):
    world.do("TRUNCATE dataset, area, tariff, app_user, reading, rejected_row CASCADE")
    world.start(*(f"{user},a1,t1" for user in USERS))
    stored: dict[tuple[int, datetime], Decimal] = {}
    for files in runs:
        identical = conflicting = inserted = 0
        for name, rows in sorted(files.items(), key=order):
            for key, value in put(world, name, rows):
                if key not in stored:
                    stored[key] = value
                    inserted += 1
                elif stored[key] == value:
                    identical += 1
                else:
                    conflicting += 1
        balance = world.run("--date", DAY).unit("readings")
        assert (balance["inserted"], balance["identical"], balance["conflicting"]) == (
            inserted,
            identical,
            conflicting,
        )
        rows = world.rows("SELECT user_id, measured_at AT TIME ZONE 'Asia/Tokyo', energy_wh FROM reading")
        assert {(user, at): wh for user, at, wh in rows} == stored
    world.verify()


def order(file: tuple[str, list]) -> tuple:
    """The order in which the spec reads files."""
    name = file[0]
    stem = name.partition(".")[0]
    return (not stem.isdigit(), int(stem) if stem.isdigit() else 0, name)


def put(world: World, name: str, rows: list) -> list[tuple]:
    """Write the rows into a file; a one-user file takes them all for its user."""
    stem = name.partition(".")[0]
    if stem.isdigit():
        world.put_readings(0, *(f"{at},{value}" for _, at, value in rows), name=name)
        return [((int(stem), at), Decimal(value)) for _, at, value in rows]
    lines = [f"{user},{at},{value}\n" for user, at, value in rows]
    world.put(f"consumption/{name}", "user_id,datetime,consumption\n" + "".join(lines))
    return [((user, at), Decimal(value)) for user, at, value in rows]
