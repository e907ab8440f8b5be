"""Readings, aggregates, the real data set."""
