"""The summary page: headline figures and the load profile, equal to a recomputation from the readings."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from urllib.parse import parse_qs

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.integration.input.test_users import wipe
from tests.web.site import SLOW, Page, headline_energy, written
from tests.world import DAY

WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
CHANGE = date(2026, 3, 5)
DAYS = [date(2026, 3, 1) + timedelta(days=n) for n in range(9)]
TIMES = [
    datetime.combine(day, datetime.min.time()) + timedelta(minutes=30 * n) for day in DAYS for n in (0, 1, 27)
]
CONTRACTS = st.sampled_from(list(product(("a1", "a2"), ("t1", "t2", "t3"))))
ENERGIES = st.decimals(0, 10**7, places=3) | st.sampled_from(
    [Decimal(0), Decimal("0.05"), Decimal("999999999999.999999")]
)
DATES = st.none() | st.sampled_from(DAYS)


@st.composite
def filters(draw):
    first, last = draw(DATES), draw(DATES)
    if first and last and first > last:
        first, last = last, first
    return {
        "start_date": first,
        "end_date": last,
        "area": draw(st.sampled_from([None, "a1", "a2"])),
        "tariff": draw(st.sampled_from([None, "t1", "t2", "t3"])),
        "measure": draw(st.sampled_from([None, "mean", "total"])),
        "split": draw(st.sampled_from([None, "area", "tariff"])),
    }


@settings(SLOW, max_examples=12)
@given(
    before=st.dictionaries(st.integers(1, 3), CONTRACTS, min_size=1),
    after=st.dictionaries(st.integers(1, 3), CONTRACTS),
    readings=st.dictionaries(st.tuples(st.integers(1, 3), st.sampled_from(TIMES)), ENERGIES, max_size=30),
    asked=st.lists(filters(), min_size=2, max_size=2),
)
def test_figures_equal_a_recomputation_from_the_readings(world, viewer, before, after, readings, asked):
    after = {user: after.get(user, contract) for user, contract in before.items()}
    kept = {key: energy for key, energy in readings.items() if key[0] in before}
    wipe(world)
    viewer.forget()
    world.put_users(*(f"{user},{area},{tariff}" for user, (area, tariff) in before.items()))
    assert world.run("--date", "2026-03-01").code == 0
    world.put_users(*(f"{user},{area},{tariff}" for user, (area, tariff) in after.items()))
    lines = "".join(f"{user},{at},{energy:f}\n" for (user, at), energy in kept.items())
    world.put("consumption/all.csv", "user_id,datetime,consumption\n" + lines)
    assert world.run("--date", str(CHANGE)).code == 0
    for chosen in asked:
        page = viewer.get("/", **{name: str(value) for name, value in chosen.items() if value})
        cells = recompute(kept, before, after, chosen)
        agree(page, cells, chosen["measure"])
        users = [
            c for c in after.values() if chosen["area"] in (None, c[0]) and chosen["tariff"] in (None, c[1])
        ]
        assert page.headline["Users"] == [str(len(users)), f"{len(users)} active"]


def recompute(readings, before, after, chosen):
    """Energies by row head and column head, found without SQL."""
    cells = defaultdict(list)
    for (user, at), energy in readings.items():
        area, tariff = (after if at.date() >= CHANGE else before)[user]
        if (
            (chosen["start_date"] or date.min) <= at.date() <= (chosen["end_date"] or date.max)
            and chosen["area"] in (None, area)
            and chosen["tariff"] in (None, tariff)
        ):
            part = {"area": f"{area} ", "tariff": f"{tariff} ", None: ""}[chosen["split"]]
            cells[f"{part}{WEEK[at.weekday()]}", f"{at:%H}:00"].append(energy)
    return cells


def agree(page: Page, cells, measure) -> None:
    """The page's headline and tables have these energies and nothing else."""
    assert page.status == 200
    energies = [energy for cell in cells.values() for energy in cell]
    assert page.headline["Readings"][0] == f"{len(energies):,}"
    assert page.headline["Energy"] == [headline_energy(energies)]
    if not cells:
        assert (page.tables, "No readings match these filters." in page.main) == ([], True)
    assert len(page.tables) == bool(cells)
    for table in page.tables:
        assert table.columns[1:] == [f"{hour:02}:00" for hour in range(24)]
        if measure == "total":
            unit, texts = written([sum(cell) for cell in cells.values()])
            assert page.titles[0].startswith(f"Total ({unit})")
        else:
            texts = [f"{sum(cell) / len(cell):,.1f}" for cell in cells.values()]
        assert table.cells == dict(zip(cells, texts, strict=True))


def test_the_split_parts_add_up_to_the_unsplit(small, viewer):
    for user in (5, 6, 7):
        small.put_readings(user, *(f"2026-03-{day:02} 05:00,{user * day}00" for day in range(1, 9)))
    assert small.run("--date", DAY).code == 0
    given = {"measure": "total", "start_date": "2026-03-03", "end_date": "2026-03-03"}
    page = viewer.get("/", **given)
    whole = page.tables[0].cells
    assert page.headline["Energy"] == ["5.4 kWh"]
    assert sum(map(number, whole.values())) == number("5.4")
    for split in ("area", "tariff"):
        parts = defaultdict(Decimal)
        for (head, hour), text in viewer.get("/", **given, split=split).tables[0].cells.items():
            parts[head.split()[1], hour] += number(text)
        assert parts == {place: number(text) for place, text in whole.items()}


def test_both_charts_have_a_title_and_a_sentence_for_each_number_of_their_table(small, viewer):
    page = viewer.get()
    assert page.titles == [
        "Mean per reading (Wh) by weekday and hour",
        "Mean per reading (Wh) over the day",
    ]
    (table,) = page.tables
    sentences = [f"{day} {hour}: {text} Wh" for (day, hour), text in table.cells.items()]
    assert sorted(mark for mark in page.marks if mark.endswith(" Wh")) == sorted(sentences * 2)


def test_parts_stand_in_the_order_of_their_names_whoever_is_read_first(world, viewer):
    world.start("5,a1,t1", "7,a2,t2")
    world.put(
        "consumption/all.csv", "user_id,datetime,consumption\n7,2026-03-02 00:00,1\n5,2026-03-03 00:00,1\n"
    )
    assert world.run("--date", DAY).code == 0
    page = viewer.get("/", split="area")
    assert [head[:2] for head, *_ in page.tables[0].rows] == ["a1"] * 7 + ["a2"] * 7
    for svg in page.html.all("svg"):
        assert [node.text for node in svg.all("text") if node.text in ("a1", "a2")] == ["a1", "a2"]


def test_of_more_parts_than_a_page_can_show_the_smallest_are_added_up(world, viewer):
    names = [f"area {n:02}" for n in range(1, 15)]
    world.put("area.csv", "\n".join(["name", *names]) + "\n")
    world.put("tariff.csv", "name\nt1\n")
    world.put_users(*(f"{n},{name},t1" for n, name in enumerate(names, 1)))
    # Areas 12, 13 and 14 have fewest readings; 1 has none at the hour with which the week begins.
    lines = [f"{n},2026-03-02 {hour:02}:00,{n}00" for n in range(1, 15) for hour in range(n == 1, 16 - n)]
    world.put("consumption/all.csv", "\n".join(["user_id,datetime,consumption", *lines]) + "\n")
    assert world.run("--date", DAY).code == 0
    whole = viewer.get("/", measure="total").tables[0].cells
    page = viewer.get("/", measure="total", split="area")
    (table,) = page.tables
    shown = [*names[:11], "3 others"]
    assert list(dict.fromkeys(row[0].rsplit(" ", 1)[0] for row in table.rows)) == shown
    sums = defaultdict(Decimal)
    for (_, hour), text in table.cells.items():
        sums["Mon", hour] += number(text)
    assert sums == {place: number(text) for place, text in whole.items()}
    assert table.cells["3 others Mon", "00:00"] == "3.9"
    heatmap = [node.text for node in page.html.all("svg")[0].all("text")]
    assert [text for text in heatmap if "area" in text or "others" in text] == shown
    twelve = viewer.get("/", split="area", area="area 12").tables[0]
    assert {head for head, _ in twelve.cells} == {"area 12 Mon"}


def test_both_ends_of_the_period_are_included_and_shown(small, viewer):
    page = viewer.get("/", start_date="2026-03-02", end_date="2026-03-04")
    assert page.headline["Readings"] == ["5", "Mar 2, 2026 – Mar 4, 2026"]
    assert viewer.get("/", start_date="2026-03-03", end_date="2026-03-03").headline["Readings"][0] == "0"
    assert viewer.get("/", end_date="2026-03-02").headline["Readings"] == ["3", "Mar 2, 2026 – Mar 2, 2026"]
    assert viewer.get("/", start_date="2026-03-04").headline["Readings"] == ["3", "Mar 4, 2026 – Mar 9, 2026"]


def test_links_that_switch_one_thing_keep_the_other_parameters(small, viewer):
    given = {"start_date": "2026-03-01", "area": "a1", "split": "tariff", "q": "5", "sort": "-energy"}
    page = viewer.get("/", **given)
    (total,) = [link for link in page.html.all("a") if link.text == "total"]
    assert parse_qs(total.attributes["href"][1:]) == {
        name: [v] for name, v in (given | {"measure": "total"}).items()
    }
    (nothing,) = [link for link in page.html.all("a") if link.text == "nothing"]
    followed = viewer.follow(nothing.attributes["href"])
    assert {head for head, _ in followed.tables[0].cells} == {"Mon", "Wed"}
    form = page.html.one("form", role="search")
    sent = {node.attributes["name"]: node.attributes["value"] for node in form.all("input")}
    assert sent == given


def test_the_last_run_is_shown_with_its_end(small, viewer):
    assert viewer.get().headline["Last run"][0].startswith("success ")
    small.put("consumption/5.csv", "wrong\n")
    assert small.run("--date", DAY).code == 1
    page = viewer.get()
    assert page.headline["Last run"][0].startswith("failure ")
    ended = small.value("SELECT finished_at FROM run ORDER BY id DESC LIMIT 1")
    shown = page.html.one("dd", class_="run").one("time").attributes["datetime"]
    assert datetime.fromisoformat(shown) == ended


def number(text: str) -> Decimal:
    """A number as English writes it."""
    return Decimal(text.replace(",", ""))
