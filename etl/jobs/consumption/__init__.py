"""The job `consumption`: users, contracts and readings."""
