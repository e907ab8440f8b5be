"""Rows as COPY reads them in binary, built column by column with numpy: twice as fast as text.

The layout is that of PostgreSQL's manual (COPY, Binary Format): per row the number of fields, per field
its length and its bytes in network order. All rows of one call have the same length, so that they are
one structured array.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
EPOCH = np.datetime64("2000-01-01")
# PostgreSQL keeps a numeric as digits of base 10,000.
BASE = 10_000
DECIMALS = 6


@dataclass(frozen=True)
class Numeric:
    """Exact numbers, none negative: `units` (int64) in steps of 10 ** -`scale`; `scale` is 6 at most."""

    units: np.ndarray
    scale: int


Column = np.ndarray | Numeric


def to_rows(*columns: Column) -> bytes:
    """Write columns of equal length as rows that `COPY .. FROM STDIN (FORMAT binary)` reads.

    Parameters
    ----------
    *columns : ndarray or Numeric
        In the order of the table: int16, int32 or int64 as integers of that width, datetime64[D] as
        date, datetime64[us] as timestamptz, Numeric as numeric without zeros at its end.

    Returns
    -------
    bytes
        Such a file is SIGNATURE, rows and END.
    """
    fields: list[tuple] = [("fields", ">i2")]
    values: dict[str, np.ndarray | int] = {"fields": len(columns)}
    for place, column in enumerate(columns):
        parts = _numeric(column) if isinstance(column, Numeric) else {"": _integers(column)}
        width = sum(_width(part) for part in parts.values())
        fields.append((f"{place} length", ">i4"))
        values[f"{place} length"] = width
        for name, part in parts.items():
            fields.append((f"{place} {name}", f">i{_width(part)}"))
            values[f"{place} {name}"] = part
    first = columns[0]
    rows = np.empty(len(first.units if isinstance(first, Numeric) else first), dtype=fields)
    for name, value in values.items():
        rows[name] = value
    return rows.tobytes()


def _width(part: np.ndarray | int) -> int:
    return 2 if isinstance(part, int) else part.dtype.itemsize


def _integers(column: np.ndarray) -> np.ndarray:
    if column.dtype == "datetime64[us]":
        return (column - EPOCH).view(np.int64)
    if column.dtype == "datetime64[D]":
        return (column - EPOCH).view(np.int64).astype(np.int32)
    return column


def _numeric(column: Numeric) -> dict[str, np.ndarray | int]:
    """Split numbers in the parts of a numeric; two-byte digits, as many as the longest needs."""
    whole, rest = np.divmod(column.units, 10**column.scale)
    rest = rest * 10 ** (2 * 4 - column.scale)
    high, low = np.divmod(rest, BASE)
    after = [high, low] if low.any() else [high] if high.any() else []
    before = []
    while whole.any() or not before:
        whole, digit = np.divmod(whole, BASE)
        before.insert(0, digit)
    digits = {f"digit {n}": digit.astype(np.int16) for n, digit in enumerate(before + after)}
    shown = _shown_decimals()[rest // 10 ** (2 * 4 - DECIMALS)] if after else 0
    return {"count": len(digits), "weight": len(before) - 1, "sign": 0, "scale": shown, **digits}


@cache
def _shown_decimals() -> np.ndarray:
    """How many of six decimals are left without the zeros at the end, for each value they can have."""
    sixths = np.arange(10**DECIMALS, dtype=np.int32)
    return sum((sixths % 10**n != 0).astype(np.int16) for n in range(1, DECIMALS + 1))
