"""The real data set: 60 users, 489,716 rows, and what a first-wins import must give."""

import json
import tarfile
from decimal import Decimal
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"
ARCHIVE = SHARED / "smap-challenge.tar.gz"
EXPECTED = SHARED / "smap-challenge.expected.json"

pytestmark = pytest.mark.skipif(not ARCHIVE.exists(), reason="the real data set is not beside this checkout")


@pytest.fixture(scope="module")
def expected():
    return json.loads(EXPECTED.read_text())


@pytest.fixture
def loaded(world):
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(world.root, filter="data")
    world.put_masters()
    result = world.run("--date", "2017-01-01")
    assert result.code == 0, result.err
    return world, result


def test_the_figures_equal_the_expected_to_the_last_digit(loaded, expected):
    world, result = loaded
    record = result.record
    assert record["status"] == "SUCCESS"
    readings = result.unit("readings")
    assert readings["read"] == expected["input_rows"] == 489_716
    assert readings["inserted"] == expected["rows"] == 489_600
    assert record["skip_breakdown"] == {"identical": 0, "conflicting": 116}
    assert result.unit("users")["new"] == expected["users"] == 60
    assert figures(world) == {
        key: expected[key]
        for key in ("rows", "total", "by_area", "by_tariff", "by_day", "by_user", "by_isoweekday_hour")
    }
    assert world.value("SELECT count(*) FROM load_profile") == 168 * 3
    world.verify()


def test_conflicts_are_listed_with_file_line_and_text(loaded, expected):
    world, _ = loaded
    conflicts = world.rows("SELECT file, line, raw FROM rejected_row WHERE kind = 'conflict' ORDER BY id")
    assert len(conflicts) == expected["conflicting_repeats"] == 116
    for file, line, raw in conflicts:
        (path,) = world.data.glob(f"completion/*/{file}")
        assert path.read_text().splitlines()[line - 1] == raw
        assert raw.startswith(("2016-10-26 01:00:00,", "2016-10-26 01:30:00,"))


def test_the_same_files_again_insert_nothing(loaded, expected):
    world, _ = loaded
    before = world.dump()
    for path in sorted(world.data.glob("completion/*/consumption/*.csv")):
        path.rename(world.data / "consumption" / path.name)
    again = world.run("--date", "2017-01-02")
    assert again.code == 0
    assert again.record["inserted_count"] == 0
    assert again.record["skip_breakdown"] == {"identical": 489_600, "conflicting": 116}
    assert world.dump() == before


def test_histories_after_changes(loaded, expected):
    world, _ = loaded
    (path,) = world.data.glob("completion/*/user_data.csv")
    rows = path.read_text().split()[1:]
    changed, dropped = "3000", "3001"
    kept = [row for row in rows if not row.startswith((changed, dropped))]
    old = {row.split(",")[0]: row.split(",")[1:] for row in rows}
    other = "t1" if old[changed][1] != "t1" else "t2"
    world.put_users(*kept, f"{changed},{old[changed][0]},{other}", "9,a1,t1")
    result = world.run("--date", "2017-02-01")
    assert {k: v for k, v in result.unit("users").items() if v} == {
        "read": 60,
        "new": 1,
        "changed": 1,
        "departed": 1,
        "unchanged": 58,
    }
    world.put_users(*kept, f"{changed},{old[changed][0]},{other}", "9,a1,t1", f"{dropped},a2,t3")
    assert world.run("--date", "2017-03-01").unit("users")["returned"] == 1
    assert world.contracts(3000) == [
        (*old[changed], "-infinity", "2017-02-01"),
        (old[changed][0], other, "2017-02-01", None),
    ]
    assert world.contracts(3001) == [
        (*old[dropped], "-infinity", "2017-02-01"),
        ("a2", "t3", "2017-03-01", None),
    ]
    assert world.contracts(9) == [("a1", "t1", "-infinity", None)]
    # Readings of 2016 keep their old area and tariff.
    assert figures(world)["by_tariff"] == expected["by_tariff"]
    world.verify()


def figures(world):
    """The aggregates, in the form of the expected file."""

    def sums(query):
        return {key: text(wh) for key, wh in world.rows(query)}

    days = "FROM load_by_date d JOIN area a ON a.id = area_id JOIN tariff t ON t.id = tariff_id GROUP BY 1"
    return {
        "rows": int(world.value("SELECT sum(readings) FROM load_profile")),
        "total": text(world.value("SELECT sum(energy_wh) FROM load_profile")),
        "by_area": sums(f"SELECT a.name, sum(energy_wh) {days}"),
        "by_tariff": sums(f"SELECT t.name, sum(energy_wh) {days}"),
        "by_day": sums(f"SELECT local_date::text, sum(energy_wh) {days}"),
        "by_user": {
            str(user): {"total": text(wh), "n": count}
            for user, wh, count in world.rows("SELECT user_id, energy_wh, readings FROM user_total")
        },
        "by_isoweekday_hour": {
            key: {"readings": int(count), "total_wh": text(wh)}
            for key, count, wh in world.rows(
                "SELECT format('%%s-%%s', weekday, lpad(hour::text, 2, '0')), sum(readings), sum(energy_wh)"
                " FROM load_profile GROUP BY 1"
            )
        },
    }


def text(wh: Decimal) -> str:
    """Wh with one decimal, as the expected file has them; a second one would show."""
    return str(wh if wh != wh.to_integral() else wh.quantize(Decimal("0.1")))
