"""Benchmarks: what `make bench-web` measures, each against the bar that was set for it."""
