"""What became of the lines of a unit's files."""

from dataclasses import asdict, dataclass

from etl.errors import CheckFailed


@dataclass
class Counts:
    """The balance of a unit: read = inserted + identical + conflicting + rejected."""

    read: int = 0
    inserted: int = 0
    identical: int = 0
    conflicting: int = 0
    rejected: int = 0

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
        if self.read != self.inserted + self.identical + self.conflicting + self.rejected:
            raise CheckFailed(f"{what} do not balance: {asdict(self)}")
