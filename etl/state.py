"""STATE_DIR: the folder that this program alone may touch; checked before anything in it is believed."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from etl import sentences
from etl.config import Config
from etl.errors import UsageError

# As root the embedded server runs as a user of its own, who must be able to pass through.
CLOSED, CLOSED_BUT_PASSABLE = 0o700, 0o711


def folder(config: Config) -> Path:
    """Make the folder, or check the one that is there.

    Parameters
    ----------
    config : Config
        STATE_DIR.

    Returns
    -------
    Path
        STATE_DIR, closed to other users.

    Raises
    ------
    UsageError
        If it lies in DATA_DIR, cannot be made, belongs to somebody else, or others may write in it.
    """
    path = config.state_dir
    if path.resolve().is_relative_to(config.data_dir.resolve()):
        raise _refused(path, sentences.STATE_IN_INBOX, inbox=config.data_dir)
    try:
        path.mkdir(mode=CLOSED, parents=True, exist_ok=True)
        found = path.stat()
        if found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            _close(path, found.st_mode)
            return path
    except OSError as error:
        raise _refused(path, sentences.NO_STATE, reason=error.strerror) from None
    if found.st_uid != os.geteuid():
        raise _refused(path, sentences.STATE_OF_OTHERS, owner=found.st_uid, user=os.geteuid())
    raise _refused(path, sentences.STATE_OPEN)


def _refused(path: Path, sentence: str, **values: object) -> UsageError:
    return UsageError(f"STATE_DIR={path}: " + (sentence % values if values else sentence))


def is_ours(path: Path, *owners: int) -> bool:
    """Whether nobody else can have written this: no link, owned by us or `owners`, closed to others.

    Parameters
    ----------
    path : Path
        A file or a folder.
    *owners : int
        Numbers of further users who are trusted.
    """
    try:
        found = path.lstat()
    except OSError:
        return False
    owned = found.st_uid in (os.geteuid(), *owners)
    return owned and not stat.S_ISLNK(found.st_mode) and not found.st_mode & (stat.S_IWGRP | stat.S_IRWXO)


def write_once(path: Path, text: str) -> None:
    """Write a file for this user alone, unless it is there; nobody ever reads half of it.

    Parameters
    ----------
    path : Path
        Of several that write it at once the first wins.
    text : str
        What it is to hold.
    """
    # O_EXCL and mode 0600
    descriptor, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(name, path)
    finally:
        Path(name).unlink()


def _close(path: Path, mode: int) -> None:
    wanted = CLOSED_BUT_PASSABLE if os.geteuid() == 0 else CLOSED
    if stat.S_IMODE(mode) & ~wanted:
        path.chmod(wanted)
