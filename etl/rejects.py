"""What was refused and why: the stable reason codes, what to do about each, and their collection."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

KEPT_PER_RUN = 10_000
RAW_LENGTH = 200

# reason code -> what the person who delivers the file should do
REASONS = {
    "unknown_user": "add the user to user_data.csv first",
    "unknown_area": "add the area to area.csv, or correct the name",
    "unknown_tariff": "add the tariff to tariff.csv, or correct the name",
    "bad_id": "write the user id as digits without a leading zero, from 1 to 9223372036854775807",
    "bad_area": "write an area name of 1 to 100 characters without control characters",
    "bad_tariff": "write a tariff name of 1 to 100 characters without control characters",
    "id_twice": "keep one line for each user",
    "bad_consumption": "write digits, at most 12 before and 6 after the point: no sign, exponent or unit",
    "bad_time": "write YYYY-MM-DD HH:MM[:SS], with an optional offset such as +09:00",
    "time_out_of_range": "times run from 1970 to the end of today",
    "ambiguous_time": "this local time occurs twice or not at all there: write the offset, e.g. +01:00",
    "wrong_fields": "write as many fields as the header has, and close every quote",
    "wrong_header": "make the first line name the columns this file must have, and no others twice",
    "undecodable": "save the file in the encoding that CSV_ENCODING names",
    "line_too_long": "split the line; 65536 bytes is the limit",
    "bad_gzip": "compress the file again; it is damaged, cut off or no gzip",
    "file_too_large": "deliver it in smaller files, or raise MAX_EXPANDED_MB",
    "unreadable": "make the file readable for the user that runs the batch",
    "not_a_file": "put the file itself there, not a link, folder or device",
    "file_changed": "put files by rename, when they are complete; the next run reads it again",
    "conflicting": "the first value stands; if it is wrong, patch the data and rebuild",
}


class Reject(NamedTuple):
    """One fault of a line or of a whole file, or one conflicting repeat."""

    file: str
    line: int | None
    raw: str
    reason: str
    lines: int = 1
    kind: str = "reject"

    def __str__(self) -> str:
        """Write the fault as an operator reads it: where, what, what was found, what to do."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        found = f" {self.raw!r}" if self.raw else ""
        whole = f" (lines: {self.lines})" if self.line is None else ""
        return f"{where}: {self.reason}:{found}{whole}: {REASONS[self.reason]}"


class Rejects:
    """The faults and conflicts of a run: counted exactly, kept up to a limit.

    Parameters
    ----------
    limit : int
        How many are kept; the counts go on.
    """

    def __init__(self, limit: int = KEPT_PER_RUN) -> None:
        self.kept: list[Reject] = []
        self.faults = 0
        self.lines = 0
        self.reasons: Counter[str] = Counter()
        self.files: set[str] = set()
        self._limit = limit

    @property
    def room(self) -> int:
        """How many more will be kept."""
        return self._limit - len(self.kept)

    def summary(self) -> str:
        """Say in a line how many faults there are, of which kinds, and show the first."""
        kinds = ", ".join(f"{reason} {count}" for reason, count in self.reasons.most_common())
        first = next((str(one) for one in self.kept if one.kind == "reject"), "")
        return f"{self.faults} fault{'s' if self.faults != 1 else ''} ({kinds}); first: {first}"

    def add(self, reject: Reject) -> None:
        """Count a fault, and keep it while there is room."""
        self.faults += 1
        self.lines += reject.lines
        self.reasons[reject.reason] += 1
        self.files.add(reject.file)
        if self.room > 0:
            self.kept.append(reject)

    def note_conflicts(self, conflicts: Iterable[Reject]) -> None:
        """Keep conflicting repeats, which are skipped and counted but are no faults."""
        self.kept.extend(list(conflicts)[: self.room])

    def merge(self, other: "Rejects") -> None:
        """Add all that `other` collected."""
        self.faults += other.faults
        self.lines += other.lines
        self.reasons += other.reasons
        self.files |= other.files
        self.kept.extend(other.kept[: self.room])


def printable(raw: bytes | str, encoding: str = "utf-8", length: int = RAW_LENGTH) -> str:
    """Raw input as text that any terminal and any table can hold, cut to `length` characters."""
    text = raw[: length * 4].decode(encoding, "backslashreplace") if isinstance(raw, bytes) else raw
    clean = "".join(char if char.isprintable() else _escaped(char) for char in text[:length])
    return clean + ("…" if len(text) > length else "")


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
