"""A line of numbers out of InfluxDB as columns: a third of the processor time of lists of Python's numbers.

InfluxDB takes one core while it answers. What is done here on the other one decides how long a day takes.
"""

import json
from typing import Any

import pyarrow as pa
from pyarrow import csv

# Cannot stand in a text of JSON, which would have its quotation marks escaped.
BEGIN, END = b'"values":[[', b"]]"


def loads(line: bytes) -> dict[str, Any]:
    """Read a line as `json.loads` does, but for the values of its series.

    Parameters
    ----------
    line : bytes
        Its series have a whole number as first value, and numbers or null as others.

    Returns
    -------
    dict
        The `values` of each series are a list of pyarrow.Array: int64, and float64 with nulls.

    Raises
    ------
    ValueError
        If this is no such line.
    """
    head, *others = line.split(BEGIN)
    parts = [other.partition(END) for other in others]
    answer = json.loads(head + b"".join(b'"values":[]' + rest for _, _, rest in parts))
    series = [one for result in answer.get("results", ()) for one in result.get("series", ())]
    for one, (rows, _, _) in zip(series, parts, strict=True):
        one["values"] = _columns(rows, one["columns"])
    return answer


def _columns(rows: bytes, names: list[str]) -> list[pa.Array]:
    """Read `1,2.5],[2,null`: with each row on its own line Arrow can read it as CSV."""
    table = csv.read_csv(
        pa.py_buffer(rows.replace(b"],[", b"\n")),
        # One block, and so one chunk of each column.
        csv.ReadOptions(column_names=names, use_threads=False, block_size=len(rows) + 1),
        csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.float64()) | {names[0]: pa.int64()}, null_values=["null"]
        ),
    )
    return [column.chunk(0) for column in table.columns]
