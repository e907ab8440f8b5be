"""Crashes, faults of files, disks and database."""
