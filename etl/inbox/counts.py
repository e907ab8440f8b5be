"""What became of the lines of a unit's files, or of the points of a source."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from etl import sentences
from etl.errors import CheckFailed


@dataclass
class Counts:
    """The balance of a unit: read = inserted + identical + conflicting + unchanged + repeated + rejected.

    Attributes
    ----------
    read : int
        Lines, without headers and blank ones.
    inserted : int
        What went in.
    identical, conflicting : int
        Repeats with the same and with another content.
    unchanged : int
        Names and users that are there as the line says.
    repeated : int
        Points of a source at an instant of which one was read.
    rejected : int
        Lines with faults.
    """

    read: int = 0
    inserted: int = 0
    identical: int = 0
    conflicting: int = 0
    unchanged: int = 0
    repeated: int = 0
    rejected: int = 0

    @property
    def skipped(self) -> dict[str, int]:
        """What was passed over, by reason; `unchanged` and `repeated` only where there are any."""
        always = {"identical": self.identical, "conflicting": self.conflicting}
        seldom = {"unchanged": self.unchanged, "repeated": self.repeated}
        return {**always, **{reason: count for reason, count in seldom.items() if count}}

    def parts(self, kinds: Iterable[str]) -> dict[str, int]:
        """Give some of them, in that order."""
        return {kind: getattr(self, kind) for kind in kinds}

    def add(self, other: "Counts") -> None:
        """Add those of a part."""
        for name, count in asdict(other).items():
            setattr(self, name, getattr(self, name) + count)

    def check(self, what: str) -> None:
        """Fail if a line is unaccounted for.

        Parameters
        ----------
        what : str
            Name of what the lines hold, for the message.

        Raises
        ------
        CheckFailed
            With the counts.
        """
        if self.read != self.inserted + sum(self.skipped.values()) + self.rejected:
            raise CheckFailed(sentences.NO_BALANCE % {"unit": what} + str(asdict(self)))
