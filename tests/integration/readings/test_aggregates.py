"""The aggregates equal a recomputation from the readings, and --rebuild repairs them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.input.test_users import wipe
from tests.world import DAY


@pytest.fixture
def loaded(world):
    world.start("5,a1,t1", "6,a2,t2")
    world.put_readings(5, "2026-03-01 00:00,0.1", "2026-03-01 00:30,0.2", "2026-03-02 23:59,7174.0005")
    world.put_readings(6, "2026-03-01 00:00,1")
    assert world.run("--date", DAY).code == 0
    return world


@pytest.mark.parametrize(
    ("patch", "sentence"),
    [
        (
            "UPDATE load_by_date SET energy_wh = energy_wh + 0.0001 WHERE hour = 23",
            "load_by_date 2026-03-02 hour 23",
        ),
        ("DELETE FROM load_profile WHERE weekday = 1", "load_profile weekday 1 hour 23 area a1 tariff t1"),
        ("UPDATE user_total SET readings = 4 WHERE user_id = 5", "user_total 5: stored 4 readings"),
        ("DELETE FROM reading WHERE user_id = 6", "user_total 6"),
        ("DELETE FROM user_total WHERE user_id = 6", "user_total 6: stored 0 readings"),
        ("UPDATE user_segment SET users = users + 1", "stored 2 users, the contracts give 1"),
    ],
)
def test_verify_names_the_cells_that_differ_and_rebuild_mends_them(loaded, patch, sentence):
    loaded.verify()
    loaded.do(patch)
    result = loaded.call("--verify")
    assert result.code == 1
    assert sentence in result.out
    version = loaded.value("SELECT data_version FROM dataset")
    rebuilt = loaded.run("--rebuild")
    assert rebuilt.record["metadata"]["mode"] == "rebuild"
    assert loaded.value("SELECT data_version FROM dataset") == version + 1
    loaded.verify()


def test_verify_with_dates_looks_at_those_days_only(loaded):
    loaded.do("UPDATE load_by_date SET readings = 9 WHERE hour = 23")
    assert loaded.call("--verify", "--date", "2026-03-01").code == 0
    assert loaded.call("--verify", "--date", "2026-03-02").code == 1
    assert loaded.call("--verify", "--start-date", "2026-03-01", "--end-date", "2026-03-02").code == 1


def test_verify_takes_the_jobs_lock_and_writes_nothing(loaded):
    runs = loaded.value("SELECT count(*) FROM run")
    loaded.do("SELECT pg_advisory_lock(%s, hashtext('job consumption'))", 0x4D48)
    refused = loaded.call("--verify")
    assert (refused.code, "is running already" in refused.err) == (1, True)
    loaded.do("SELECT pg_advisory_unlock_all()")
    loaded.verify()
    assert loaded.value("SELECT count(*) FROM run") == runs


@pytest.mark.parametrize("command", ["--verify", "--rebuild"])
def test_another_time_zone_than_that_of_the_data_is_refused(loaded, command):
    before = loaded.dump()
    loaded.set(TZ="Europe/Berlin")
    result = loaded.call(command)
    assert result.code == 1
    assert "first loaded with TZ=Asia/Tokyo" in result.err + result.out
    assert loaded.dump() == before


def test_data_version_rises_only_with_the_facts(loaded):
    def version():
        return loaded.value("SELECT data_version FROM web.dataset")

    before = version()
    loaded.run("--date", DAY)
    loaded.put_readings(5, "2026-03-01 00:00,0.1")
    loaded.put_users("5,a1,t1", "6,a2,t2")
    loaded.run("--date", DAY)
    assert version() == before
    loaded.put_readings(5, "2026-03-05 00:00,1")
    loaded.run("--date", DAY)
    assert version() == before + 1
    loaded.put_users("5,a1,t2", "6,a2,t2")
    loaded.run("--date", DAY)
    assert version() == before + 2


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    zone=st.sampled_from(["Asia/Tokyo", "America/Havana", "Asia/Kathmandu", "America/Sao_Paulo"]),
    instants=st.lists(st.integers(1_540_000_000, 1_552_300_000), min_size=1, max_size=12, unique=True),
    day=st.dates(date(2018, 11, 1), date(2019, 3, 12)),
)
def test_every_reading_is_in_one_cell_in_any_zone(world, zone, instants, day):
    """Zones whose clocks change at midnight, or that are off by 45 minutes."""
    wipe(world)
    world.set(TZ=zone)
    world.put_users("5,a1,t1")
    assert world.run("--date", "2018-10-01").code == 0
    world.put_users("5,a1,t2")
    assert world.run("--date", str(day)).code == 0
    rows = [f"{instant_text(instant)}Z,1" for instant in [*instants, 1_541_300_400, 1_552_194_000]]
    world.put_readings(5, *rows)
    assert world.run("--date", DAY).code == 0
    world.verify()
    assert world.value("SELECT sum(readings) FROM load_profile") == len(set(rows))


def instant_text(instant: int) -> str:
    """Seconds since 1970 as UTC text."""
    return datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M:%S")
