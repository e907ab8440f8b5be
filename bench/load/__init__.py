"""The batch's benchmark: `python -m bench.load`."""
