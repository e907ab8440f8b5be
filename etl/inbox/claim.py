"""Many files leave the inbox at once: the folder itself is exchanged for an empty one, then moved.

A rename for each of 300,000 files would take longer than loading them. The rule in case of a crash:
until the claimed folder reaches `completion/<run>/`, it lies beside the inbox as `.claimed-<run>`; the
next run puts whatever is in there back. What was loaded is then skipped as a repeat, and what came in
between is loaded: nothing is lost, nothing counts twice.

Only for a folder that nobody holds open: who goes on writing into the old folder, by a bind mount of it or
as an rsync that has changed into it, writes into what is completed. So it is done on request only.
"""

import ctypes
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from etl.inbox.files import InboxFile
from etl.log import log

FOLDER = "consumption"
CLAIMED = ".claimed-"
AT_FDCWD = -100
NO_REPLACE, EXCHANGE = 1, 2


def claim(files: list[InboxFile], data_dir: Path, target: Path) -> int | None:
    """Move files of `consumption/` by moving the folder; what else is in it returns to the inbox.

    Parameters
    ----------
    files : list of InboxFile
        All in `consumption/`, as they were read.
    data_dir : Path
        The inbox.
    target : Path
        What the folder becomes; it does not exist.

    Returns
    -------
    int or None
        How many were moved; a file that changed since it was read is back in the inbox. None if the
        system cannot exchange these folders: then nothing has happened.
    """
    folder, claimed = data_dir / FOLDER, data_dir / f"{CLAIMED}{target.parent.name}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.parent.stat().st_dev != data_dir.stat().st_dev:
            return None
        _make_like(claimed, folder)
        _rename(folder, claimed, EXCHANGE)
    except (OSError, AttributeError) as error:
        log.debug("the folder cannot be exchanged; its files move one by one", error=str(error))
        with suppress(OSError):
            claimed.rmdir()
        return None
    changed = {_name(file) for file in files if not _is_as_read(file, claimed)}
    if not _put_back(claimed, folder, _strays(files, claimed, changed)):
        log.warning("the folder stays claimed until the next run takes it up", folder=claimed.name)
        return 0
    os.rename(claimed, target)
    return len(files) - len(changed)


def recover(data_dir: Path) -> None:
    """Put back what a run that crashed had claimed.

    Parameters
    ----------
    data_dir : Path
        The inbox.
    """
    for claimed in sorted(data_dir.glob(f"{CLAIMED}*")):
        log.warning("a run before crashed while it moved files: they are taken up again", folder=claimed.name)
        (data_dir / FOLDER).mkdir(exist_ok=True)
        if _put_back(claimed, data_dir / FOLDER, os.listdir(claimed)):
            claimed.rmdir()


def _make_like(new: Path, folder: Path) -> None:
    """Make a folder that whoever fills the inbox can use like the one before."""
    if folder.is_symlink():
        raise OSError(f"{folder} is a link")
    new.mkdir()
    shutil.copystat(folder, new)
    owner = folder.stat()
    os.chown(new, owner.st_uid, owner.st_gid)


def _strays(files: list[InboxFile], claimed: Path, changed: set[str]) -> set[str]:
    """Name what is in the folder but is not a file as it was read."""
    with os.scandir(claimed) as entries:
        found = sum(1 for _ in entries)
    if not changed and found == len(files):
        return set()
    return set(os.listdir(claimed)) - ({_name(file) for file in files} - changed)


def _is_as_read(file: InboxFile, claimed: Path) -> bool:
    return file.signature is not None and file.signature.is_of(f"{claimed}/{_name(file)}")


def _name(file: InboxFile) -> str:
    return file.name.removeprefix(f"{FOLDER}/")


def _put_back(claimed: Path, folder: Path, names: Iterable[str]) -> bool:
    """Return files to the inbox; False if some stay claimed because a newer one has the name already."""
    complete = True
    for name in names:
        try:
            _rename(claimed / name, folder / name, NO_REPLACE)
        except FileExistsError:
            complete = False
            log.warning("two files of one name: the newer one is loaded first", file=name)
    return complete


def _rename(source: Path, target: Path, flag: int) -> None:
    """Do what `os.rename` cannot: exchange two names, or never replace.

    Raises
    ------
    AttributeError
        If the C library has no renameat2 (it is of Linux).
    OSError
        As `os.rename`.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(AT_FDCWD, os.fsencode(source), AT_FDCWD, os.fsencode(target), flag):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(source))
