"""Energies below 1 kWh are shown in Wh; what stands in one table or chart has one unit."""

from tests.world import DAY, World


def load(world: World, *energies: str) -> None:
    """User 5 has these readings, a day each; 6 has none."""
    world.start("5,a1,t1", "6,a1,t1")
    world.put_readings(5, *(f"2026-03-0{n} 00:00,{energy}" for n, energy in enumerate(energies, 2)))
    assert world.run("--date", DAY).code == 0


def test_small_energies_are_in_wh_on_every_page(world, viewer):
    load(world, "0.5", "999.4")
    user, summary = viewer.get("/users/5"), viewer.get("/", measure="total")
    assert user.headline["Energy"][0] == summary.headline["Energy"][0] == "999.9 Wh"
    daily = user.tables[-1]
    assert (user.titles[-1], daily.columns[1]) == ("Energy by day (Wh)", "Wh")
    assert [row[1] for row in daily.rows] == ["0.5", "999.4"]
    assert any("999.4 Wh" in mark for mark in user.marks)
    assert summary.titles[0].startswith("Total (Wh)")
    assert set(summary.tables[0].cells.values()) == {"0.5", "999.4"}
    assert "Total (Wh)" in summary.html.one("table", class_="users").text
    assert [row[-1] for row in summary.users] == ["999.9", "0.0"]


def test_one_large_energy_puts_all_beside_it_into_kwh(world, viewer):
    load(world, "300", "1000")
    user, summary = viewer.get("/users/5"), viewer.get("/", measure="total")
    assert user.headline["Energy"][0] == "1.3 kWh"
    assert [row[1] for row in user.tables[-1].rows] == ["0.3", "1.0"]
    assert set(summary.tables[0].cells.values()) == {"0.3", "1.0"}
    assert [row[-1] for row in summary.users] == ["1.3", "0.0"]


def test_nothing_but_zeros_stays_in_kwh(world, viewer):
    load(world, "0")
    page = viewer.get("/users/5")
    assert page.headline["Energy"][0] == "0.0 kWh"
    assert page.tables[-1].columns[1] == "kWh"
