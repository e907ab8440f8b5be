"""The user diff: contracts as SCD type 2, in dates, and the readings that move with them."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.world import DAY, World

DAYS = [date.fromisoformat(DAY) + timedelta(days=n) for n in range(4)]


def changes(result) -> dict[str, int]:
    kinds = ("new", "changed", "departed", "returned", "unchanged")
    return {kind: count for kind, count in result.unit("users").items() if kind in kinds and count}


def test_new_changed_departed_returned_and_unchanged(world):
    world.put_masters()
    world.put_users("1,a1,t1", "2,a1,t2", "3,a2,t3", "4,a1,t1")
    assert changes(world.run("--date", "2026-04-01")) == {"new": 4}
    world.put_users("1,a1,t1", "2,a2,t2", "3,a2,t3", "5,a1,t1")
    assert changes(world.run("--date", "2026-04-02")) == {
        "unchanged": 2,
        "changed": 1,
        "departed": 1,
        "new": 1,
    }
    world.put_users("1,a1,t1", "2,a2,t2", "3,a2,t3", "5,a1,t1", "4,a1,t2")
    result = world.run("--date", "2026-04-05")
    assert changes(result) == {"unchanged": 4, "returned": 1}
    assert result.unit("users")["read"] == 5
    assert world.contracts(1) == [("a1", "t1", "-infinity", None)]
    assert world.contracts(2) == [("a1", "t2", "-infinity", "2026-04-02"), ("a2", "t2", "2026-04-02", None)]
    assert world.contracts(4) == [("a1", "t1", "-infinity", "2026-04-02"), ("a1", "t2", "2026-04-05", None)]
    assert world.contracts(5) == [("a1", "t1", "-infinity", None)]
    assert world.rows("SELECT id, area, tariff, status FROM web.user ORDER BY id") == [
        (1, "a1", "t1", "active"),
        (2, "a2", "t2", "active"),
        (3, "a2", "t3", "active"),
        (4, "a1", "t2", "active"),
        (5, "a1", "t1", "active"),
    ]


def test_the_user_file_is_optional_and_moves_when_it_was_used(world):
    world.start("1,a1,t1")
    assert world.moved() == ["area.csv", "tariff.csv", "user_data.csv"]
    result = world.run("--date", "2026-04-02")
    assert result.code == 0
    assert world.contracts(1) == [("a1", "t1", "-infinity", None)]


def test_identical_lines_are_one_and_the_balance_says_so(world):
    world.put_masters()
    world.put_users("1,a1,t1", "1,a1,t1", "2,a1,t1", " 1 , a1 , t1 ")
    balance = world.run("--date", DAY).unit("users")
    assert (balance["read"], balance["new"], balance["identical"], balance["rejected"]) == (4, 2, 2, 0)


def test_the_masters_only_ever_grow(world):
    world.start("1,a1,t1")
    world.put("area.csv", "name\na3\n")
    assert world.run("--date", DAY).code == 0
    assert world.rows("SELECT name FROM area ORDER BY name") == [("a1",), ("a2",), ("a3",)]


@pytest.mark.parametrize(("departed", "code"), [(2, 0), (3, 1)])
def test_a_file_that_departs_more_than_half_is_refused(world, departed, code):
    world.start(*(f"{user},a1,t1" for user in range(1, 5)))
    before = world.dump()
    world.put_users(*(f"{user},a1,t1" for user in range(1 + departed, 5)))
    result = world.run("--date", "2026-04-02")
    assert result.code == code
    if code:
        assert f"would depart {departed} of 4 users" in result.record["error_summary"]
        assert "--allow-shrink" in result.record["error_summary"]
        assert world.dump() == before
        assert world.run("--date", "2026-04-02", "--allow-shrink").code == 0
    assert world.value("SELECT count(*) FROM contract WHERE valid_to = '2026-04-02'") == departed


def test_a_header_alone_departs_everybody_and_is_refused(world):
    world.start("1,a1,t1")
    world.put_users()
    assert "would depart 1 of 1" in world.run("--date", "2026-04-02").record["error_summary"]


def test_a_file_older_than_the_newest_change_is_refused(world):
    world.start("1,a1,t1")
    world.put_users("1,a1,t2")
    result = world.run("--date", "2026-03-31")
    assert result.code == 1
    assert "out_of_order" in result.record["error_summary"]
    assert DAY in result.record["error_summary"]
    assert world.inbox() == ["user_data.csv"]
    assert world.contracts(1) == [("a1", "t1", "-infinity", None)]


def test_a_second_change_on_the_same_day_replaces_the_first(world):
    world.start("1,a1,t1", "2,a1,t1", "3,a1,t1")
    world.put_users("1,a1,t2", "2,a1,t2", "3,a1,t1")
    world.run("--date", "2026-04-02")
    world.put_users("1,a1,t3", "3,a1,t1")
    assert changes(world.run("--date", "2026-04-02")) == {"changed": 1, "departed": 1, "unchanged": 1}
    assert world.contracts(1) == [("a1", "t1", "-infinity", "2026-04-02"), ("a1", "t3", "2026-04-02", None)]
    assert world.contracts(2) == [("a1", "t1", "-infinity", "2026-04-02")]


def test_a_change_taken_back_on_the_same_day_was_none(world):
    world.start("1,a1,t1", "2,a1,t1", "3,a1,t1")
    world.put_readings(1, "2026-04-03 12:00,4")
    world.run("--date", "2026-04-03")
    world.put_users("1,a1,t2", "3,a1,t1")
    world.run("--date", "2026-04-02")
    world.put_users("1,a1,t1", "2,a1,t1", "3,a1,t1")
    assert changes(world.run("--date", "2026-04-02")) == {"changed": 1, "returned": 1, "unchanged": 1}
    assert world.contracts(1) == world.contracts(2) == [("a1", "t1", "-infinity", None)]
    world.verify()


def test_a_change_that_was_taken_back_still_dates_the_users(world):
    """Departed, back and departed again on one day leaves no row of that day; older files stay refused."""
    world.start("1,a1,t1", "2,a1,t1", "3,a1,t1")
    for day, users in (("2026-04-08", "12"), ("2026-04-10", "123"), ("2026-04-10", "12")):
        world.put_users(*(f"{user},a1,t1" for user in users))
        assert world.run("--date", day).code == 0
    world.put_users("1,a1,t1", "2,a1,t1", "3,a1,t1")
    result = world.run("--date", "2026-04-09")
    assert "out_of_order" in result.record["error_summary"]
    assert world.contracts(3) == [("a1", "t1", "-infinity", "2026-04-08")]


def test_a_first_contract_is_replaced_on_its_own_day_too(world):
    world.start("1,a1,t1")
    world.put_users("1,a2,t2")
    world.run("--date", DAY)
    assert world.contracts(1) == [("a2", "t2", "-infinity", None)]


def test_readings_from_the_day_on_move_to_the_new_cells(world):
    world.start("1,a1,t1")
    world.put_readings(1, "2026-04-01 23:30,1", "2026-04-02 00:00,2", "2026-04-03 12:00,4")
    world.run("--date", "2026-04-04")
    world.put_users("1,a1,t2")
    assert world.run("--date", "2026-04-02").code == 0
    cells = "SELECT tariff, sum(energy_wh), sum(readings) FROM web.load_by_date GROUP BY 1 ORDER BY 1"
    assert world.rows(cells) == [("t1", 1, 1), ("t2", 6, 2)]
    world.verify()
    # The last change of that day is a departure: the contract made on it is gone, readings go back.
    world.put_users()
    assert world.run("--date", "2026-04-02", "--allow-shrink").code == 0
    assert world.rows(cells) == [("t1", 7, 3)]
    world.verify()


def test_two_open_contracts_for_a_user_are_impossible(world):
    world.start("1,a1,t1")
    with pytest.raises(Exception, match="contract_one_open_per_user"):
        world.do(
            "INSERT INTO contract (user_id, area_id, tariff_id, valid_from, opened_on)"
            " SELECT user_id, area_id, tariff_id, '2026-05-01', '2026-05-01' FROM contract"
        )


STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),
        st.dictionaries(st.integers(1, 4), st.sampled_from(["t1", "t2", "t3"]), max_size=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_any_sequence_of_files_gives_the_history_of_a_simple_model(world, steps):
    wipe(world)
    model: dict[int, list[list]] = {}
    day = date(2026, 4, 1)
    for forward, users, with_readings in steps:
        day += timedelta(days=forward)
        known = set(model)
        world.put_users(*(f"{user},a1,{tariff}" for user, tariff in users.items()))
        if with_readings:
            for user in known:
                world.put_readings(user, *(f"{d} {h:02}:30,{user}.{h}" for d in DAYS for h in (0, 23)))
        assert world.run("--date", day.isoformat(), "--allow-shrink").code == 0
        apply_to_model(model, users, day)
        for user, history in model.items():
            assert [(t, f, to) for _, t, f, to in world.contracts(user)] == [
                (tariff, str(start), end and str(end)) for tariff, start, end, _ in history
            ]
    world.verify()


def apply_to_model(model, users, day) -> None:
    """The rules of the spec, one user at a time: [tariff, from, to, made on]."""
    for user in set(model) | set(users):
        history = model.setdefault(user, [])
        held = history[-1] if history and history[-1][2] is None else None
        tariff = users.get(user)
        if tariff is None:
            if held and held[1] == day:
                history.pop()
            elif held:
                held[2] = day
        elif held is None:
            history.append([tariff, day if history else "-infinity", None, day])
        elif held[0] != tariff and held[3] == day:
            held[0] = tariff
        elif held[0] != tariff:
            held[2] = day
            history.append([tariff, day, None, day])
        if len(history) > 1 and history[-1][1] == day and history[-1][2] is None:
            before = history[-2]
            if before[2] == day and before[0] == history[-1][0]:
                history.pop()
                before[2] = None


def wipe(world: World) -> None:
    """An empty database for the next example, with masters."""
    world.do(
        "TRUNCATE dataset, area, tariff, app_user, contract, load_by_date, load_profile, user_total,"
        " user_segment, reading CASCADE"
    )
    for (name,) in world.rows("SELECT name FROM reading_partition"):
        world.do(f'DROP TABLE "{name}"')
    for path in world.data.glob("consumption/*"):
        path.unlink()
    world.put_masters()
