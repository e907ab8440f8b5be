"""Raw input as text that is safe to show and to store."""

import unicodedata

RAW_LENGTH = 200
LONGEST_NAME = 300


def printable(raw: bytes | str, encoding: str = "utf-8", length: int = RAW_LENGTH) -> str:
    """Raw input as text that any terminal and any table can hold, cut to `length` characters."""
    text = raw[: length * 4].decode(encoding, "backslashreplace") if isinstance(raw, bytes) else raw
    clean = text[:length]
    if not clean.isprintable():
        clean = "".join(char if is_printable(char) else _escaped(char) for char in clean)
    return clean + ("…" if len(text) > length else "")


def is_printable(char: str) -> bool:
    """Whether a character is one that people write; an ideographic space is."""
    return char.isprintable() or unicodedata.category(char) == "Zs"


def _escaped(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        return f"\\x{ord(char) - 0xDC00:02x}"  # a byte that could not be decoded
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
