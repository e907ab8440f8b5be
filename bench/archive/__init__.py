"""Benchmarks of the archive of meters."""
