"""The user list: any order, filter and search, walked page by page, against a plain Python sort."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from etl.config import Config
from tests.world import World
from web.data import user_table
from web.data.database import Database
from web.pages import parameters

NEVER = datetime(1, 1, 1, tzinfo=UTC)
LARGEST = 2**63 - 1
KEYS = {
    "id": lambda user: user.id,
    "area": lambda user: (user.area, user.id),
    "tariff": lambda user: (user.tariff, user.id),
    "status": lambda user: (user.status, user.id),
    "energy": lambda user: (user.energy, user.id),
    "last_reading": lambda user: (user.last or NEVER, user.id),
}


@dataclass
class Known:
    """What the files say of a user."""

    id: int
    area: str
    tariff: str
    status: str = "active"
    energy: Decimal = Decimal(0)
    last: datetime | None = None


def fill(world: World) -> list[Known]:
    """130 users of all lengths of id: departed ones, ones without readings, equal totals and times."""
    ids = [
        *range(1, 60),
        *range(100, 140),
        *range(1199, 1225),
        8 * 10**17,
        10**18,
        12 * 10**17,
        9 * 10**18,
        LARGEST - 1,
        LARGEST,
    ]
    known = {user: Known(user, f"a{1 + user % 2}", f"t{1 + user * 7 % 3}") for user in ids}
    world.start(*(f"{user.id},{user.area},{user.tariff}" for user in known.values()))
    lines = ["user_id,datetime,consumption"]
    for n, user in enumerate(known.values()):
        if n % 5 == 4:
            continue
        hour = n % 4
        user.last = datetime(2026, 3, 1 + n % 3, hour, tzinfo=UTC)
        user.energy = [Decimal(0), Decimal("0.1"), Decimal(1000), Decimal(user.id % 7), Decimal("99.000001")][
            n % 5
        ]
        lines.append(f"{user.id},{user.last:%Y-%m-%dT%H:%M}Z,{user.energy}")
    world.put("consumption/all.csv", "\n".join(lines) + "\n")
    for user in known.values():
        if user.id % 4 == 1:
            user.status = "departed"
    staying = (user for user in known.values() if user.status == "active")
    world.put_users(*(f"{user.id},{user.area},{user.tariff}" for user in staying))
    assert world.run("--date", "2026-04-02").code == 0
    return list(known.values())


PREFIXES = st.none() | st.sampled_from(
    ["1", "12", "120", "9", "1199", "8", "77", "10", "922337203685477580", "5"]
)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    sort=st.sampled_from(sorted(KEYS)),
    descending=st.booleans(),
    area=st.sampled_from([None, "a1", "a2"]),
    tariff=st.sampled_from([None, "t1", "t2"]),
    status=st.sampled_from([None, "active", "departed"]),
    prefix=PREFIXES,
    rows=st.sampled_from([1, 3, 7, 50, 129, 130, 131]),
    few=st.sampled_from([0, 20, 20_000]),
)
@example("energy", False, None, "t1", None, "12", 1, 20)
def test_walking_gives_the_order_of_a_plain_sort_both_ways(
    world, monkeypatch, sort, descending, area, tariff, status, prefix, rows, few
):
    known = world.__dict__.get("known") or world.__dict__.setdefault("known", fill(world))
    database = world.__dict__.setdefault("viewer", Database(Config(database_url=world.connection.dsn), 1))
    monkeypatch.setattr(user_table, "ROWS", rows)
    # Below so many found a search is sorted whole; above, it walks the index. Both are the same list.
    monkeypatch.setattr(user_table, "FEW", few)
    wanted = sorted(
        (
            user
            for user in known
            if area in (None, user.area)
            and tariff in (None, user.tariff)
            and status in (None, user.status)
            and str(user.id).startswith(prefix or "")
        ),
        key=KEYS[sort],
        reverse=descending,
    )
    given = {"area": area, "tariff": tariff, "status": status, "q": prefix, "sort": "-" * descending + sort}

    def page(**more: str) -> user_table.Page:
        arguments = MultiDict({name: value for name, value in (given | more).items() if value})
        found = user_table.page(database, parameters.summary(arguments, ("a1", "a2"), ("t1", "t2", "t3")))
        assert (found.count, found.more_than) == (len(wanted), False)
        return found

    pages = [page()]
    while pages[-1].after:
        pages.append(page(after=pages[-1].after))
    assert [seen(user) for one in pages for user in one.users] == [expected(user) for user in wanted]
    assert all(len(one.users) == rows for one in pages[:-1])
    assert [one.before is None for one in pages] == [n == 0 for n in range(len(pages))]
    back = [pages[-1]]
    while back[-1].before:
        back.append(page(before=back[-1].before))
    assert [one.users for one in reversed(back)] == [one.users for one in pages]
    last = page(page="last")
    assert (last.after, last.users) == (None, [user for one in pages for user in one.users][-rows:])
    assert (last.before is None) == (len(wanted) <= rows)


def seen(user: user_table.User) -> tuple:
    return user.id, user.area, user.tariff, user.status, user.energy_wh, user.last_measured_at


def expected(user: Known) -> tuple:
    return user.id, user.area, user.tariff, user.status, user.energy, user.last


@pytest.mark.parametrize("few", [0, 20_000])
@pytest.mark.parametrize("descending", ["", "-"])
@pytest.mark.parametrize("sort", sorted(KEYS))
def test_the_largest_id_there_can_be_has_its_page_both_ways(world, monkeypatch, sort, descending, few):
    world.start(f"{LARGEST},a1,t1", "1,a1,t1", "9,a1,t1")
    database = Database(Config(database_url=world.connection.dsn), 1)
    monkeypatch.setattr(user_table, "ROWS", 1)
    monkeypatch.setattr(user_table, "FEW", few)
    for q, ids in ((None, [1, 9, LARGEST]), ("9", [9, LARGEST]), (str(LARGEST), [LARGEST])):
        given = {"sort": descending + sort} | ({"q": q} if q else {})
        assert walk(database, given, "after") == (ids[::-1] if descending else ids)
        assert walk(database, given, "before") == (ids if descending else ids[::-1])


def walk(database: Database, given: dict[str, str], way: str) -> list[int]:
    """The ids of all pages, from the first on or from the last back; beyond the end there is none."""

    def turn(place: dict[str, str]) -> user_table.Page:
        return user_table.page(database, parameters.summary(MultiDict(given | place), (), ()))

    page = turn({"page": "last"} if way == "before" else {})
    found = [*page.users]
    while cursor := getattr(page, way):
        page = turn({way: cursor})
        found += page.users
    assert turn({way: found[-1].cursor}).users == []
    return [user.id for user in found]


@pytest.mark.parametrize(
    ("users_found", "shown"), [(999, (999, False)), (1000, (1000, False)), (1001, (1000, True))]
)
def test_a_search_is_counted_up_to_a_thousand(world, users_found, shown):
    world.start("1,a1,t1", *(f"{20_000 + n},a1,t1" for n in range(users_found)))
    database = Database(Config(database_url=world.connection.dsn), 1)
    found = user_table.page(database, parameters.summary(MultiDict({"q": "2"}), (), ()))
    assert (found.count, found.more_than) == shown
    whole = user_table.page(database, parameters.summary(MultiDict(), (), ()))
    assert (whole.count, whole.more_than) == (users_found + 1, False)


def test_a_run_between_two_pages_neither_repeats_nor_drops_a_user(world):
    world.start(*(f"{user},a1,t1" for user in range(1, 121)))
    database = Database(Config(database_url=world.connection.dsn), 1)
    first = user_table.page(database, parameters.summary(MultiDict(), (), ()))
    world.put_users(*(f"{user},a1,t1" for user in range(1, 131) if user != 50))
    assert world.run("--date", "2026-04-02").code == 0
    assert first.after
    second = user_table.page(database, parameters.summary(MultiDict({"after": first.after}), (), ()))
    assert [user.id for user in first.users + second.users] == list(range(1, 101))
