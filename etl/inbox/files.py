"""One file of the inbox, and how it is opened so that nothing unexpected is read."""

import gzip
import os
import stat
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from etl.inbox.fields import LONGEST_NAME, parse_user_id, printable
from etl.inbox.headers import SIZE_LIMITS
from etl.inbox.rejects import FileFault

COMPLETION = "completion"
REJECTED = "rejected"
# O_NONBLOCK: opening a pipe must not wait for a writer; O_NOFOLLOW: a link is refused.
OPEN_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Signature(int):
    """What tells one state of a file from another; one number, because there may be 300,000."""

    __slots__ = ()

    @classmethod
    def of(cls, status: os.stat_result) -> "Signature":
        """The signature in a stat result: inode, size and time of change, 64 bits each."""
        return cls(status.st_ino << 128 | status.st_size << 64 | status.st_mtime_ns & (2**64 - 1))

    def is_of(self, path: Path | str, folder: int | None = None) -> bool:
        """Whether `path`, below an open folder if one is given, leads to a file in this state."""
        try:
            return Signature.of(os.lstat(path, dir_fd=folder)) == self
        except OSError:
            return False


@dataclass(slots=True)
class InboxFile:
    """One file of the inbox; slim, because there may be 300,000.

    Attributes
    ----------
    data_dir : Path
        The inbox.
    called : str or int
        Its path below it; or just the user id, for `consumption/{user_id}.csv`.
    signature : Signature or None
        The state that was read; a file in another state later is not the one that was loaded.
    destination : str
        The folder it goes to once the run is committed.
    """

    data_dir: Path
    called: str | int
    signature: Signature | None = None
    destination: str = COMPLETION

    @property
    def name(self) -> str:
        """Path below the inbox, e.g. `consumption/5.csv`; it is kept wherever the file moves."""
        return self.called if isinstance(self.called, str) else f"consumption/{self.called}.csv"

    @property
    def user_id(self) -> int | None:
        """What the name says; None if it is no user id."""
        return user_id_in(self.called) if isinstance(self.called, str) else self.called

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.data_dir / self.name

    @property
    def label(self) -> str:
        """The name as any terminal and any table can show it."""
        return printable(self.name, length=LONGEST_NAME)

    @contextmanager
    def open(self, expanded_limit: int) -> Generator[IO[bytes]]:
        """Open for reading; a file that changes meanwhile is a fault at the end.

        Parameters
        ----------
        expanded_limit : int
            How many bytes a `.gz` may expand to.

        Raises
        ------
        FileFault
            not_a_file, unreadable, bad_gzip, file_too_large or file_changed.
        """
        try:
            descriptor = os.open(self.path, OPEN_FLAGS)
        except OSError as error:
            raise self._open_fault(error) from None
        before = os.fstat(descriptor)
        self.signature = Signature.of(before)
        if not stat.S_ISREG(before.st_mode):
            os.close(descriptor)
            raise FileFault(self.name, "not_a_file")
        if before.st_size > SIZE_LIMITS.get(self.name, before.st_size):
            os.close(descriptor)
            raise FileFault(self.name, "file_too_large", f"{before.st_size} bytes")
        with os.fdopen(descriptor, "rb") as plain:
            try:
                if is_packed(self.name):
                    with _Bounded(plain, expanded_limit, self.name) as expanded:
                        yield cast(IO[bytes], expanded)
                else:
                    yield plain
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise FileFault(self.name, "bad_gzip", _gzip_damage(error)) from None
            except OSError as error:
                raise FileFault(self.name, "unreadable", error.strerror or str(error)) from None
        if not self.unchanged():
            raise FileFault(self.name, "file_changed")

    def read_small(self, most: int) -> bytes | None:
        """Read a plain file at once: an eighth of the time `open` takes, which counts with 300,000.

        Parameters
        ----------
        most : int
            Bytes.

        Returns
        -------
        bytes or None
            None if it is larger, compressed, or not read without any trouble: `open` says which.
        """
        if is_packed(self.name):
            return None
        try:
            descriptor = os.open(f"{self.data_dir}/{self.name}", OPEN_FLAGS)
        except OSError:
            return None
        try:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode) or before.st_size > most:
                return None
            data = os.read(descriptor, before.st_size + 1)
            after = os.fstat(descriptor)
        except OSError:
            return None
        finally:
            os.close(descriptor)
        if len(data) != after.st_size or before.st_mtime_ns != after.st_mtime_ns:
            return None
        self.signature = Signature.of(after)
        return data

    def unchanged(self) -> bool:
        """Whether the path still leads to the very state that was read."""
        return self.signature is not None and self.signature.is_of(self.path)

    def _open_fault(self, error: OSError) -> FileFault:
        regular = True
        # What cannot be opened now and is put right before it is moved must not go unread.
        self.signature = Signature(0)
        try:
            status = os.lstat(self.path)
            self.signature, regular = Signature.of(status), stat.S_ISREG(status.st_mode)
        except FileNotFoundError:
            return FileFault(self.name, "file_changed", "it is gone")
        except OSError:
            pass
        if not regular:
            return FileFault(self.name, "not_a_file")
        return FileFault(self.name, "unreadable", error.strerror or str(error))


def _gzip_damage(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "cut off"
    if "(b'PK')" in str(error):
        return "a zip, no gzip"
    return "no gzip, or something else behind it" if "Not a gzip" in str(error) else "damaged"


class _Bounded(gzip.GzipFile):
    """A gzip that refuses to go past a limit: a small one can expand without end."""

    def __init__(self, source: IO[bytes], limit: int, name: str) -> None:
        super().__init__(fileobj=source)
        self._left, self._name = limit, name

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self._left -= len(data)
        if self._left < 0:
            raise FileFault(self._name, "file_too_large")
        return data


def find(data_dir: Path, name: str) -> InboxFile | None:
    """The file of that name, if there is anything in its place."""
    return InboxFile(data_dir, name) if os.path.lexists(data_dir / name) else None


def user_id_in(name: str) -> int | None:
    """The user id that a file name carries; None if it is not one.

    Examples
    --------
    >>> user_id_in("consumption/5.csv.gz"), user_id_in("consumption/007.csv")
    (5, None)
    """
    stem = name.rpartition("/")[2].lower().removesuffix(".gz").removesuffix(".csv")
    return parse_user_id(stem)


def reading_order(name: str) -> tuple[str, str]:
    """By which names are sorted: as if all were in small letters, and capitals first where that is equal."""
    return name.lower(), name


def is_packed(name: str) -> bool:
    """Whether the name says that the file is compressed."""
    return name.lower().endswith(".gz")
