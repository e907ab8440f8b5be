"""Days, gaps and completeness of a user's page equal a recomputation, whatever the interval of the meter."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.input.test_users import wipe
from tests.meters import interval
from tests.web.site import SLOW, headline_energy, written
from tests.world import DAY

FIRST = date(2026, 3, 1)
# A day and the tens of minutes since its midnight.
TENS = st.tuples(st.integers(0, 6), st.integers(0, 143))
ENERGIES = st.decimals(0, 10**6, places=2) | st.just(Decimal(0))


def meter(step: int, count: int, begin: int, energy: Decimal) -> dict[tuple[int, int], Decimal]:
    """Readings of a meter that reads every so many tens of minutes, as far as the week goes."""
    times = [begin + n * step for n in range(count)]
    return {divmod(ten, 144): energy for ten in times if ten < 7 * 144}


@settings(SLOW, max_examples=12)
@given(
    readings=st.dictionaries(TENS, ENERGIES, min_size=1, max_size=20)
    | st.builds(meter, st.integers(1, 24), st.integers(1, 60), st.integers(0, 500), ENERGIES),
    first=st.none() | st.integers(0, 6),
    last=st.none() | st.integers(0, 6),
    away=st.none() | st.tuples(st.integers(1, 4), st.integers(1, 2)),
)
def test_daily_figures_equal_a_recomputation_and_missing_days_are_gaps(
    world, viewer, readings, first, last, away
):
    if first is not None and last is not None and first > last:
        first, last = last, first
    fill(world, readings, away)
    viewer.forget()
    given = {"start_date": first, "end_date": last}
    dates = {name: str(FIRST + timedelta(days=n)) for name, n in given.items() if n is not None}
    page = viewer.get("/users/5", **dates)
    low, high = first or 0, 6 if last is None else last
    days = {day: {ten: wh for (at, ten), wh in readings.items() if at == day} for day in range(low, high + 1)}
    energies = [wh for day in days.values() for wh in day.values()]
    assert page.headline["Energy"] == [headline_energy(energies), f"{len(energies)} readings"]
    minutes = interval(clocks(readings, low, high), clocks(readings, 0, high)) or 30
    if first is None and energies:
        low = min(day for day in days if days[day])
    due = {
        day: 1440 // minutes if days[day] or not away or not away[0] <= day < sum(away) else 0
        for day in range(low, high + 1)
    }
    shown = trimmed(due)
    came = {day: received(readings, day, minutes) for day in shown}
    if energies:
        filled = [n for n in shown if days[n]]
        unit, texts = written([sum(days[n].values()) for n in filled])
        table = page.tables[-1]
        assert table.columns[1:] == [unit, f"intervals of {minutes} minutes"]
        told = dict(zip(filled, texts, strict=True))
        assert [row[1:] for row in table.rows] == [[told.get(n, ""), f"{came[n]} / {due[n]}"] for n in shown]
        spoken = [mark for mark in page.marks if "intervals" in mark]
        assert len(spoken) == sum(map(bool, days.values())), "a day without readings must have no mark"
    else:
        assert (page.tables, "No readings here." in page.main) == ([], True)
    expected = f"{sum(came.values())} of {sum(due.values())} intervals"
    assert page.headline.get("Completeness", [""])[1:] == ([expected] if shown else [])
    assert page.headline.get("Interval", [])[:1] == ([f"{minutes} minutes"] if shown else [])


def clocks(readings, low: int, high: int) -> list[datetime]:
    """The times of the readings from one day to another."""
    return [datetime(2026, 3, 1 + day, *divmod(10 * ten, 60)) for day, ten in readings if low <= day <= high]


def received(readings, day: int, minutes: int) -> int:
    """In how many intervals of UTC there is a reading on a day in Tokyo, at most those of a day."""
    since = [at - datetime(1970, 1, 1, 9) for at in clocks(readings, day, day)]
    return min(len({one // timedelta(minutes=minutes) for one in since}), 1440 // minutes)


def fill(world, readings, away) -> None:
    """5 has these readings, and no contract while it is away; of 6 there is one at each end of the week."""
    wipe(world)
    changes = (0, away[0], sum(away)) if away else (0,)
    for start, users in zip(changes, ("56", "6", "56"), strict=False):
        world.put_users(*(f"{user},a1,t1" for user in users))
        assert world.run("--date", str(FIRST + timedelta(days=start))).code == 0
    midnight = datetime(2026, 3, 1)
    lines = [f"{midnight + timedelta(days=d, minutes=10 * n)},{wh}" for (d, n), wh in readings.items()]
    world.put_readings(5, *lines)
    world.put_readings(6, "2026-03-01 00:00,77777", "2026-03-07 00:00,77777")
    assert world.run("--date", DAY).code == 0


def trimmed(due: dict[int, int]) -> list[int]:
    """The days from the first to the last on which anything is due."""
    counted = [day for day in due if due[day]]
    return list(range(counted[0], counted[-1] + 1)) if counted else []
