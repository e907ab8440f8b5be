"""What was refused and why: the stable reason codes, what to do about each, and their collection."""

from collections import Counter
from collections.abc import Iterable
from gettext import NullTranslations
from itertools import islice
from typing import NamedTuple

from etl import sentences
from etl.inbox import headers
from etl.inbox.fields import LONGEST_NAME, printable
from etl.inbox.headers import Text
from etl.language import N_

KEPT_PER_RUN = 10_000
RAW_IN_SUMMARY = 60

CONFLICTING = "conflicting"
# Other sentences for a fault of a whole file, reason code -> what was found.
OF_FILE = {
    "bad_id": N_("the name of the file is meant: name it after its user's id, or give it a column user_id"),
    "unknown_area": N_("no area is known at all: deliver area.csv first"),
    "unknown_tariff": N_("no tariff is known at all: deliver tariff.csv first"),
}

# reason code -> what the person who delivers the file should do
REASONS = {
    "unknown_user": N_("add the user to user_data.csv first"),
    "unknown_area": N_("add the area to area.csv, or correct the name"),
    "unknown_tariff": N_("add the tariff to tariff.csv, or correct the name"),
    "bad_id": N_("write the user id as digits without a leading zero, from 1 to 9223372036854775807"),
    "bad_area": N_("write an area name of 1 to 100 characters without control characters"),
    "bad_tariff": N_("write a tariff name of 1 to 100 characters without control characters"),
    "bad_order_id": N_("write the order id as digits without a leading zero, from 1 to 9223372036854775807"),
    "bad_version": N_("write the order's version as digits without a leading zero, from 1 to 2147483647"),
    "bad_product": N_("write a product name of 1 to 100 characters without control characters"),
    "bad_quantity": N_("write the pieces as digits without a leading zero, from 0 to 2147483647"),
    "bad_amount": N_(
        "write the line's total in yen as digits, at most 15 of them and 6 after the point: no sign,"
        " exponent or unit"
    ),
    "bad_status": N_("write ordered or cancelled"),
    "id_twice": N_("keep one line for each user"),
    "bad_consumption": N_("write digits, at most 12 before and 6 after the point: no sign, exponent or unit"),
    "bad_time": N_("write YYYY-MM-DD HH:MM[:SS], with an optional offset such as +09:00"),
    "time_out_of_range": N_("times run from 1970 to the end of today"),
    "ambiguous_time": N_("this local time occurs twice or not at all there: write the offset, e.g. +01:00"),
    "wrong_fields": N_("write as many fields as the header has, and close every quote"),
    "wrong_header": N_("name each column once in the first line"),
    "undecodable": N_("save the file in the encoding that CSV_ENCODING names"),
    "line_too_long": N_("split the line; 65536 bytes is the limit"),
    "bad_json": N_(
        "write JSON without NaN, \\u0000 and half surrogate pairs, with numbers of 131072 digits at most and"
        " some hundred levels of brackets at most"
    ),
    "no_records": N_("let the source's `records` lead to the array of records, or correct the file"),
    "wrong_encoding": N_("save the file in the encoding that its source names"),
    "body_too_large": N_("deliver it in smaller files, or raise SOURCE_MAX_MB"),
    "bad_gzip": N_("compress the file again; it is damaged, cut off or no gzip"),
    "file_too_large": N_("deliver it in smaller files, or raise MAX_EXPANDED_MB"),
    "unreadable": N_("make the file readable for the user that runs the batch"),
    "not_a_file": N_("put the file itself there, not a link, folder or device"),
    "file_changed": N_("put files by rename, when they are complete; the next run reads it again"),
    CONFLICTING: N_("the first value stands; if it is wrong, patch the data and rebuild"),
}
AT_MOST = N_("this file may have %(megabytes)s MB at most: deliver names and current users only")


class Reject(NamedTuple):
    """One fault of a line or of a whole file, or one conflicting repeat."""

    file: str
    line: int | None
    raw: str
    reason: str
    lines: int = 1
    kind: str = "reject"

    @classmethod
    def of_line(
        cls, file: str, line: int, raw: bytes | str, reason: str, encoding: str = "utf-8"
    ) -> "Reject":
        """What is wrong with a line, or that it is a conflicting repeat."""
        kind = "conflict" if reason == CONFLICTING else "reject"
        return cls(file, line, printable(raw, encoding), reason, kind=kind)

    @property
    def label(self) -> str:
        """The file's name as any terminal and any table can show it."""
        return printable(self.file, length=LONGEST_NAME)

    @property
    def advice(self) -> list[Text]:
        """What was found, as far as more is known than its code, and what to do; none for an unknown code."""
        if self.reason not in REASONS:
            return []
        what_to_do = [Text(REASONS[self.reason], {})]
        if self.reason == "wrong_header":
            return headers.seen(self.file, self.raw, self.lines) + what_to_do + headers.columns(self.file)
        if self.reason == "file_too_large" and self.file in headers.SIZE_LIMITS:
            return [Text(AT_MOST, {"megabytes": headers.SIZE_LIMITS[self.file] >> 20})]
        if self.line is None and self.reason in OF_FILE:
            return [Text(OF_FILE[self.reason], {}), *what_to_do]
        return what_to_do

    def __str__(self) -> str:
        """Write the fault in English."""
        return self.told(NullTranslations())

    def told(self, texts: NullTranslations) -> str:
        """Write the fault as an operator reads it: where, what, what was found, what to do.

        Parameters
        ----------
        texts : NullTranslations
            Of the reader's language.
        """
        where = f"{self.label}:{self.line}" if self.line else self.label
        found = f" '{self.raw}'" if self.raw else ""
        whole = f" (lines: {self.lines})" if self.line is None else ""
        advice = "; ".join(str(Text(texts.gettext(text), values)) for text, values in self.advice)
        return f"{where}: {self.reason}:{found}{whole}: {advice}"


class FileFault(Exception):
    """A fault of a whole file: nothing of it is kept.

    Parameters
    ----------
    file : str
        The file as the inbox names it.
    reason : str
        Of `REASONS`.
    found : str
        What was found, printable.
    lines : int
        How many filled lines it has, as far as they were not handed on before the fault showed.
    """

    def __init__(self, file: str, reason: str, found: str = "", lines: int = 0) -> None:
        super().__init__(reason)
        self.file, self.reason, self.found, self.lines = file, reason, found, lines

    def reject(self) -> Reject:
        """The fault as it is listed."""
        return Reject(self.file, None, self.found, self.reason, self.lines)


class Rejects:
    """The faults and conflicts of a run: counted exactly, kept up to a limit, faults before conflicts.

    Parameters
    ----------
    limit : int
        How many are kept; the counts go on.
    """

    def __init__(self, limit: int = KEPT_PER_RUN) -> None:
        self.faults = 0
        self.reasons: Counter[str] = Counter()
        self.files: set[str] = set()
        self._limit = limit
        self._faults: list[Reject] = []
        self._conflicts: list[Reject] = []

    @property
    def kept(self) -> list[Reject]:
        """The first faults, and behind them as many conflicts as there is room for."""
        return self._faults + self._conflicts[: self._limit - len(self._faults)]

    @property
    def room(self) -> int:
        """How many more conflicts will be kept."""
        return max(self._limit - len(self._faults) - len(self._conflicts), 0)

    def summary(self) -> str:
        """Say in a line how many faults there are, of which kinds, and show the first."""
        kinds = ", ".join(f"{reason} {count}" for reason, count in self.reasons.most_common())
        first = self._faults[0]._replace(raw=self._faults[0].raw[:RAW_IN_SUMMARY])
        sentence = sentences.ONE_FAULT if self.faults == 1 else sentences.FAULTS
        return sentence % {"count": self.faults, "kinds": kinds} + str(first)

    def add(self, reject: Reject, times: int = 1) -> None:
        """Count a fault, and keep it while there is room; several where it stands for others of its kind."""
        self.faults += times
        self.reasons[reject.reason] += times
        self.files.add(reject.file)
        if len(self._faults) < self._limit:
            self._faults.append(reject)

    def note_conflicts(self, conflicts: Iterable[Reject]) -> None:
        """Keep conflicting repeats, which are skipped and counted but are no faults."""
        self._conflicts.extend(islice(conflicts, self.room))

    def merge(self, other: "Rejects") -> None:
        """Add all that `other` collected."""
        self.faults += other.faults
        self.reasons += other.reasons
        self.files |= other.files
        self._faults.extend(other._faults[: self._limit - len(self._faults)])
        self.note_conflicts(other._conflicts)
