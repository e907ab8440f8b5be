"""The benchmark of daily sales with a few orders: are the figures right? Not: how fast."""

from bench import sales
from bench.web.databases import cluster


def test_the_figures_of_the_runs_are_those_of_one_group_by():
    with cluster({}) as server:
        rows = sales.measure(server.create("large"), server.create("small"), orders=300, days=5)
    assert [row.what for row in rows] == ["a day's run, 300 orders in 5 days", "a year's backfill"]
    assert all(row.ratio for row in rows)
