"""The viewer's benchmark: `python -m bench.web`."""
