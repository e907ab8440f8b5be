"""The real data set on the pages: the figures equal the expected file; the summary is the sum of details."""

import csv
import json
from decimal import Decimal
from io import StringIO

import pytest

from tests.integration.readings.test_real_data import ARCHIVE, EXPECTED
from tests.integration.readings.test_real_data import loaded as real_data  # noqa: F401 - a fixture
from tests.web.site import Viewer

pytestmark = pytest.mark.skipif(not ARCHIVE.exists(), reason="the real data set is not beside this checkout")
WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


def shown(wh: str | Decimal) -> str:
    """Wh as the pages write them in kWh."""
    return f"{Decimal(wh) / 1000:,.1f}"


def test_pages_show_the_expected_figures(real_data):  # noqa: F811
    assert real_data
    viewer, expected = Viewer(), json.loads(EXPECTED.read_text())
    page = viewer.get()
    assert page.headline["Energy"] == [f"{shown(expected['total'])} kWh"] == ["247,733.1 kWh"]
    assert page.headline["Readings"][0] == f"{expected['rows']:,}"
    assert page.headline["Users"] == [str(expected["users"]), f"{expected['users']} active"]
    cells = {(int(key[0]), key[2:]): cell for key, cell in expected["by_isoweekday_hour"].items()}
    assert page.tables[0].cells == {
        (WEEK[day - 1], f"{hour}:00"): f"{Decimal(cell['total_wh']) / cell['readings']:,.1f}"
        for (day, hour), cell in cells.items()
    }
    assert viewer.get("/", measure="total").tables[0].cells == {
        (WEEK[day - 1], f"{hour}:00"): shown(cell["total_wh"]) for (day, hour), cell in cells.items()
    }
    for kind in ("area", "tariff"):
        for name, wh in expected[f"by_{kind}"].items():
            assert viewer.get("/", **{kind: name}).headline["Energy"] == [f"{shown(wh)} kWh"]
    for day in (min(expected["by_day"]), "2016-10-26", max(expected["by_day"])):
        page = viewer.get("/", start_date=day, end_date=day)
        assert page.headline["Energy"] == [f"{shown(expected['by_day'][day])} kWh"]
    users_are_right(viewer, expected)


def users_are_right(viewer: Viewer, expected: dict) -> None:
    """The user table, and every user's readings; the sum of details is the sum of all."""
    pages = [viewer.get("/", sort="-energy")]
    while link := pages[-1].link("next"):
        pages.append(viewer.follow(link))
    totals = {user: Decimal(one["total"]) for user, one in expected["by_user"].items()}
    rows = [row for page in pages for row in page.users]
    order = sorted(totals, key=lambda user: (totals[user], int(user)), reverse=True)
    assert [(row[0], row[-1]) for row in rows] == [(user, shown(totals[user])) for user in order]
    details = {}
    for user in totals:
        lines = csv.DictReader(StringIO(viewer.get(f"/users/{user}/readings.csv").text))
        details[user] = [Decimal(line["energy_wh"]) for line in lines]
    assert {user: sum(energies) for user, energies in details.items()} == totals
    assert sum(map(sum, details.values())) == Decimal(expected["total"])
    assert sum(map(len, details.values())) == expected["rows"]
    for user in (order[0], order[-1], "3000"):
        page = viewer.get(f"/users/{user}")
        count = expected["by_user"][user]["n"]
        assert page.headline["Energy"] == [f"{shown(totals[user])} kWh", f"{count:,} readings"]
        filled = [row for row in page.tables[-1].rows if row[1]]
        assert sum(int(row[2].split(" / ")[0]) for row in filled) == count
        assert abs(sum(Decimal(row[1]) for row in filled) - totals[user] / 1000) <= Decimal("0.05") * len(
            filled
        )
