"""Energy of modelled days: replaced by date, marked, checked; what is stored is what the archive said."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from etl.database.queries import Sql
from etl.errors import CheckFailed, SqlError
from etl.jobs.archive import days, marts
from tests.integration.archive.energy import archive, model, put, row

FIRST = date(2026, 3, 1)
SECOND, THIRD = FIRST + timedelta(days=1), FIRST + timedelta(days=2)


def stored(world) -> list[tuple]:
    return world.rows("SELECT * FROM daily_energy ORDER BY energy_date, source")


def totals(world) -> list[tuple]:
    return world.rows("SELECT * FROM daily_energy_total ORDER BY energy_date")


def test_rows_are_stored_as_given_with_a_total_a_day(world):
    rows = [
        row(FIRST, "meter1", "12.345678", peak=1234.5),
        row(FIRST, "meter,2\t\\N'\"", None, peak=-3.25, points=7, half_hours=3),
        row(FIRST, "ヒートポンプ", "0.000001", fell=True, points=100, half_hours=40),
        row(SECOND, "meter1", "0", of=50),
        row(THIRD, "meter1", None, peak=0.0),
    ]
    put(world, *rows)
    assert set(stored(world)) == set(rows)
    assert totals(world) == [
        (FIRST, 3, Decimal("12.345679"), 1, 1234.5, 8640 + 7 + 100, 48 + 3 + 40, 3 * 48),
        (SECOND, 1, Decimal("0"), 0, 500.0, 8640, 48, 50),
        (THIRD, 1, None, 0, 0.0, 8640, 48, 48),
    ]


def test_days_are_replaced_and_others_left_alone(world):
    put(world, row(FIRST), row(FIRST, "meter2"), row(SECOND))
    archive(world, FIRST)
    assert model(world, [FIRST], [row(FIRST, "meter3", "7")]) is True
    assert stored(world) == [row(FIRST, "meter3", "7"), row(SECOND)]
    assert [(day, sources) for day, sources, *_ in totals(world)] == [(FIRST, 1), (SECOND, 1)]


def test_a_day_without_rows_has_no_energy_any_more(world):
    put(world, row(FIRST), row(SECOND))
    archive(world, FIRST, points=0)
    assert model(world, [FIRST], []) is True
    assert stored(world) == [row(SECOND)]
    assert [day for day, *_ in totals(world)] == [SECOND]
    assert days.to_model(Sql(world.connection)) == {}


@pytest.mark.parametrize(
    "other",
    [
        row(FIRST, kwh="1.500001"),
        row(FIRST, kwh=None),
        row(FIRST, fell=True),
        row(FIRST, peak=500.0000001),
        row(FIRST, points=8639),
        row(FIRST, half_hours=47),
        row(FIRST, of=50),
        row(FIRST, "meter2"),
    ],
)
def test_only_other_figures_count_as_a_change(world, other):
    put(world, row(FIRST))
    archive(world, FIRST)
    assert model(world, [FIRST], [row(FIRST, kwh="1.50")]) is False
    assert model(world, [FIRST], [other]) is True
    assert model(world, [FIRST], [other]) is False


def test_a_day_archived_again_is_to_be_modelled_again(world):
    sql = Sql(world.connection)
    assert days.archived(sql, FIRST) is None
    archive(world, SECOND, FIRST, points=100)
    assert list(days.to_model(sql)) == [FIRST, SECOND]
    model(world, [FIRST], [row(FIRST)])
    assert list(days.to_model(sql)) == [SECOND]
    before = world.value("SELECT archived_at FROM archive_day WHERE energy_date = %s", FIRST)
    archive(world, FIRST, points=120)
    assert list(days.to_model(sql)) == [FIRST, SECOND]
    assert days.archived(sql, FIRST) == (120, False)
    assert world.value("SELECT archived_at FROM archive_day WHERE energy_date = %s", FIRST) > before
    # What was modelled before stays readable.
    assert stored(world) == [row(FIRST)]


def test_more_rows_than_a_batch_are_all_stored(world, monkeypatch):
    monkeypatch.setattr(marts, "BATCH_ROWS", 7)
    rows = [row(FIRST, f"meter{n:02}", None if n < 8 else "1") for n in range(20)]
    put(world, *rows)
    assert stored(world) == rows


@pytest.mark.parametrize(
    "wanted, rows, said",
    [
        ([FIRST], [row(FIRST), row(SECOND)], "energy of 2026-03-02: it was not asked for"),
        ([FIRST, THIRD], [row(FIRST)], "energy of 2026-03-03: the day is not archived"),
    ],
)
def test_what_is_not_of_these_archived_days_is_refused(world, wanted, rows, said):
    put(world, row(FIRST, "before"), row(SECOND, "before"))
    with pytest.raises(CheckFailed, match=said):
        model(world, wanted, rows)
    assert stored(world) == [row(FIRST, "before"), row(SECOND, "before")]


@pytest.mark.parametrize(
    "bad",
    [
        row(FIRST, ""),
        row(FIRST, kwh="-0.000001"),
        row(FIRST, kwh="NaN"),
        row(FIRST, kwh=None, fell=True),
        row(FIRST, peak=float("inf")),
        row(FIRST, peak=float("nan")),
        row(FIRST, points=47),
        row(FIRST, half_hours=0),
        row(FIRST, half_hours=49, points=49),
    ],
)
def test_a_row_that_cannot_be_is_refused(world, bad):
    archive(world, FIRST)
    with pytest.raises(SqlError, match="insert_daily_energy"):
        model(world, [FIRST], [row(FIRST, "good"), bad])
    with pytest.raises(SqlError, match="duplicate key"):
        model(world, [FIRST], [row(FIRST), row(FIRST)])
    assert stored(world) == []


def test_a_total_that_is_not_the_sum_is_refused(world):
    put(world, row(FIRST), row(FIRST, "meter2"))
    world.do("UPDATE daily_energy_total SET points = points - 1")
    ((said,),) = Sql(world.connection)("archive/checks/sources_add_up", days=[FIRST])
    assert said == (
        "energy of 2026-03-01: its 2 sources have 3.000000 kWh and 17280 points;"
        " its total says 2, 3.000000 and 17279"
    )
    world.do("DELETE FROM daily_energy_total")
    assert len(Sql(world.connection)("archive/checks/sources_add_up", days=[FIRST])) == 1
    put(world, row(FIRST))
    assert Sql(world.connection)("archive/checks/sources_add_up", days=[FIRST, SECOND]) == []
