"""Files below one folder: those that are new or changed, read so that nothing outside of it can be."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Annotated, Any, NamedTuple

from pydantic import AfterValidator, Field

from etl import sentences_of_sources as sentences
from etl.errors import SourceFailed
from etl.sources.formats import Format

# As the column acquired_data.document.
NAME_BYTES = 1024
UNFINISHED = (".tmp", ".part")
# A link, also of a folder on the way; a socket.
NO_FILE = (errno.ELOOP, errno.ENOTDIR, errno.ENXIO)
# O_NOFOLLOW: a link is refused; O_NONBLOCK: opening a pipe must not wait for a writer.
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC

Mark = list[int]


def _below_root(pattern: str) -> str:
    path = PurePosixPath(pattern)
    if path.is_absolute() or ".." in path.parts or not path.parts or not pattern.isprintable():
        raise ValueError(sentences.NOT_BELOW_ROOT)
    # Nothing lies below it: only the pattern is read.
    list(Path(os.devnull).glob(pattern))
    return pattern


class FileConfig(Format):
    """The files of a source.

    Attributes
    ----------
    path : str
        Of a file below the root, or a pattern: `*`, `?`, `[]`, and `**` for folders in folders.
    """

    path: Annotated[str, Field(max_length=1024), AfterValidator(_below_root)]


class Document(NamedTuple):
    """A file as it was read."""

    name: str
    body: bytes


class BadDocument(NamedTuple):
    """A file that could not be read, and why: a reason code and what was found."""

    name: str
    reason: str
    found: str = ""


class FileSource:
    """The files of one source.

    Parameters
    ----------
    config : FileConfig
        Which.
    root : Path
        No file outside of it is read.
    limit : int
        How many bytes a file may have.
    state : dict
        What `state` was after the last fetch that was kept.
    check : callable
        Raises when the run is to stop.
    """

    def __init__(
        self, config: FileConfig, root: Path, limit: int, state: dict[str, Any], check: Callable[[], None]
    ) -> None:
        self._config, self._root, self._limit, self._check = config, root, limit, check
        self._known: dict[str, Mark] = state.get("files", {})
        self._marks: dict[str, Mark] = {}

    @property
    def state(self) -> dict[str, Any]:
        """The state of every file that was read, now or before, and is still there."""
        return {"files": self._marks}

    def fetch_data(self) -> Iterator[Document | BadDocument]:
        """Read the files that are new or changed, by name.

        Yields
        ------
        Document or BadDocument

        Raises
        ------
        SourceFailed
            If the root, or the only file meant, is not there.
        """
        for name in self._names():
            self._check()
            _require_short(name)
            known = self._known.get(name)
            if known and known == self._mark_of(name):
                self._marks[name] = known
            else:
                yield self._read(name)

    def _names(self) -> list[str]:
        pattern = self._config.path
        if not self._root.is_dir():
            raise SourceFailed(sentences.NO_ROOT, folder=self._root)
        one_file = not set(pattern) & set("*?[")
        found = [path.relative_to(self._root) for path in self._root.glob(pattern)]
        names = sorted(
            str(path) for path in found if one_file or not (self._is_folder(path) or _is_unfinished(path))
        )
        if one_file and not names:
            raise SourceFailed(sentences.NO_FILE, file=pattern, folder=self._root)
        return names

    def _is_folder(self, path: Path) -> bool:
        return (self._root / path).is_dir() and not (self._root / path).is_symlink()

    def _mark_of(self, name: str) -> Mark | None:
        try:
            return _mark(os.lstat(self._root / name))
        except OSError:
            return None

    def _read(self, name: str) -> Document | BadDocument:
        try:
            descriptor = self._open(name)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                return BadDocument(name, "not_a_file")
            with os.fdopen(descriptor, "rb") as file:
                return self._read_open(name, file)
        except FileNotFoundError:
            return BadDocument(name, "file_changed", "it is gone")
        except OSError as error:
            if error.errno in NO_FILE:
                return BadDocument(name, "not_a_file")
            return BadDocument(name, "unreadable", error.strerror or "")

    def _read_open(self, name: str, file: IO[bytes]) -> Document | BadDocument:
        before = os.fstat(file.fileno())
        body = file.read(self._limit + 1)
        if _mark(os.fstat(file.fileno())) != _mark(before):
            return BadDocument(name, "file_changed")
        self._marks[name] = _mark(before)
        if len(body) > self._limit:
            return BadDocument(name, "body_too_large", f"{before.st_size} bytes")
        return Document(name, body)

    def _open(self, name: str) -> int:
        """Open folder by folder: a link on the way, put there meanwhile perhaps, leads nowhere."""
        *folders, last = name.split("/")
        folder = os.open(self._root, FOLDER & ~os.O_NOFOLLOW)
        try:
            for one in folders:
                inner = os.open(one, FOLDER, dir_fd=folder)
                os.close(folder)
                folder = inner
            return os.open(last, FILE, dir_fd=folder)
        finally:
            os.close(folder)


def _require_short(name: str) -> None:
    try:
        too_long = len(name.encode()) > NAME_BYTES
    except UnicodeEncodeError:
        too_long = True
    if too_long:
        shown = name.encode(errors="backslashreplace").decode()
        raise SourceFailed(sentences.LONG_NAME, file=shown, most=f"{NAME_BYTES:,}")


def _mark(status: os.stat_result) -> Mark:
    return [status.st_ino, status.st_size, status.st_mtime_ns]


def _is_unfinished(path: Path) -> bool:
    """Whether a name says that somebody is still at work on it."""
    return any(part.startswith(".") for part in path.parts) or path.name.lower().endswith(UNFINISHED)
