"""Runs, their history and the command line."""
