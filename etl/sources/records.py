"""One record of a body, and what is wrong with one or with the whole body."""

from typing import NamedTuple


class Record(NamedTuple):
    """A record: the line it begins in, from 1 on, and its text."""

    line: int
    text: str


class BadRecord(NamedTuple):
    """A record that cannot be read; those around it can."""

    line: int
    text: str
    reason: str


class BadBody(Exception):
    """A body that cannot be read: nothing of it is worth keeping.

    Parameters
    ----------
    reason : str
        One of the reason codes.
    found : str
        What was found.
    """

    def __init__(self, reason: str, found: str = "") -> None:
        super().__init__(reason)
        self.reason, self.found = reason, found
