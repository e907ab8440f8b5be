"""Content codings. Not by curl: it takes a gzip that breaks off for a whole one."""

import zlib

from etl import sentences_of_sources as sentences

ACCEPTED = "gzip"
GZIP = ("gzip", "x-gzip")
# With the header and the check value of gzip.
GZIP_BITS = 31


def decoded(raw: bytes, coding: str, most_bytes: int) -> bytes:
    """Undo the content coding of a whole body.

    Parameters
    ----------
    raw : bytes
        As it came.
    coding : str
        The header Content-Encoding; empty if there is none.
    most_bytes : int
        After so many it may be cut.

    Returns
    -------
    bytes
        Whole if it is not longer than `most_bytes`.

    Raises
    ------
    ValueError
        If it cannot be undone, or the body is not whole.
    """
    coding = coding.lower()
    if coding in ("", "identity") or not raw:
        return raw
    if coding not in GZIP:
        raise ValueError(sentences.OTHER_CODING % {"coding": repr(coding)})
    member = zlib.decompressobj(GZIP_BITS)
    try:
        body = member.decompress(raw, most_bytes + 1)
    except zlib.error:
        raise ValueError(sentences.BROKEN_GZIP) from None
    if len(body) <= most_bytes and not member.eof:
        raise ValueError(sentences.CUT_GZIP)
    if member.unused_data:
        raise ValueError(sentences.LONG_GZIP)
    return body


def beginning(raw: bytes, coding: str) -> bytes:
    """As much of a body that may be cut as can be read, to quote it."""
    try:
        return zlib.decompressobj(GZIP_BITS).decompress(raw, len(raw)) if coding.lower() in GZIP else raw
    except zlib.error:
        return b""
