"""Invented data, and what `make run` shows of it."""
