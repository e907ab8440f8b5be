"""Readings of any source into partitions and aggregates."""
