"""Results as bytes that only this installation can have written, and that run nothing when they are read.

A result is JSON: what JSON has not is an object with one member, which names the type. Data frames are Arrow.
A keyed digest over name and content stands in front.
"""

import base64
import dataclasses
import hmac
import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from cachelib.serializers import BaseSerializer
from markupsafe import Markup

DIGEST = "sha256"
DIGEST_BYTES = 32
# Records of these packages only are made again from what was read.
PACKAGE = "web."


class Broken(Exception):
    """These bytes are damaged, or somebody else has written them."""


class Bytes(BaseSerializer):
    """Keeps bytes as they are: what the library does instead reads pickles, and a pickle may run anything."""

    def dump(self, value: Any, f: IO[bytes], protocol: int = 0) -> None:
        """Write to a file."""
        f.write(value)

    def load(self, f: IO[bytes]) -> bytes:
        """Read from a file."""
        return f.read()

    def dumps(self, value: bytes, protocol: int = 0) -> bytes:
        """Write for Redis."""
        return value

    def loads(self, bvalue: bytes | None) -> bytes | None:
        """Read from Redis; None where there is nothing."""
        return bvalue


def seal(key: bytes, name: str, value: object) -> bytes:
    """Write a result."""
    content = json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":")).encode()
    return _digest(key, name, content) + content


def unseal(key: bytes, name: str, sealed: bytes) -> Any:
    """Read a result."""
    digest, content = sealed[:DIGEST_BYTES], sealed[DIGEST_BYTES:]
    if not hmac.compare_digest(digest, _digest(key, name, content)):
        raise Broken
    return _made(json.loads(content))


def _digest(key: bytes, name: str, content: bytes) -> bytes:
    return hmac.digest(key, name.encode() + b"\0" + content, DIGEST)


def _plain(value: Any) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        return value.item()
    for name, (kind, write, _) in TYPES.items():
        if type(value) is kind:
            return {name: write(value)}
    return {_path(type(value)): [_plain(one) for one in _fields(value)]}


def _fields(value: Any) -> list[Any]:
    if isinstance(value, tuple):
        return list(value)
    return [getattr(value, field.name) for field in dataclasses.fields(value)]


def _made(value: Any) -> Any:
    if isinstance(value, list):
        return [_made(one) for one in value]
    if not isinstance(value, dict):
        return value
    ((name, content),) = value.items()
    return TYPES[name][2](content) if name in TYPES else _record(name)(*map(_made, content))


def _path(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _record(path: str) -> type:
    """Find a dataclass or named tuple of ours; nothing is imported for it."""
    module, _, name = path.partition(":")
    kind = getattr(sys.modules.get(module), name, None) if module.startswith(PACKAGE) else None
    if isinstance(kind, type) and (dataclasses.is_dataclass(kind) or hasattr(kind, "_fields")):
        return kind
    raise Broken


def _frame_bytes(frame: pd.DataFrame) -> str:
    table, sink = pa.Table.from_pandas(frame), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return _base64(sink.getvalue().to_pybytes())


def _frame(text: str) -> pd.DataFrame:
    with pa.ipc.open_stream(base64.b64decode(text)) as reader:
        return reader.read_all().to_pandas()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


# By name: the type, how it is written as JSON, how it is read again.
TYPES: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "tuple": (tuple, lambda given: [_plain(one) for one in given], lambda read: tuple(map(_made, read))),
    "dict": (
        dict,
        lambda given: [[_plain(name), _plain(one)] for name, one in given.items()],
        lambda read: {_made(name): _made(one) for name, one in read},
    ),
    "Decimal": (Decimal, str, Decimal),
    "datetime": (datetime, datetime.isoformat, datetime.fromisoformat),
    "date": (date, date.isoformat, date.fromisoformat),
    "bytes": (bytes, _base64, base64.b64decode),
    "Markup": (Markup, str, Markup),
    "frame": (pd.DataFrame, _frame_bytes, _frame),
}
