"""The benchmark of the energy page with a few meters: does it measure whole pages? Not: how fast."""

from bench.archive import pages
from bench.web.cold import Viewer
from bench.web.databases import cluster


def test_the_pages_measured_show_all_their_meters():
    with cluster({}) as server:
        row = pages.measure(server, sources=12, days=40)
        assert row.what == "cold energy page, 12 sources and 40 days against 1 and 30"
        assert row.ratio and row.bar == "at most 1.5"
        config = server.create("shown")
        pages.fill(config, 12, 40)
        text = Viewer(config).app.test_client().get("/energy").text
    assert all(f">meter{n}</a>" in text for n in range(1, 13))
    assert "7 others" in text
