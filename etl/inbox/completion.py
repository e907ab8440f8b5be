"""After the commit: files leave the inbox for `completion/<run>/` or `rejected/<run>/`."""

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from etl.errors import MoveFailed
from etl.inbox.files import COMPLETION, InboxFile
from etl.log import log


def move(files: list[InboxFile], data_dir: Path, run: str, check: Callable[[], None]) -> int:
    """Move files to `data_dir/<destination>/<run>/<name>`; every move can be repeated by a later run.

    Parameters
    ----------
    files : list of InboxFile
        Those that were loaded, or refused.
    data_dir : Path
        The inbox.
    run : str
        The run's uuid.
    check : callable
        Called before each move; may raise to stop.

    Returns
    -------
    int
        How many were moved; a file that changed since it was read stays for the next run.

    Raises
    ------
    MoveFailed
        Naming the file and how many are left.
    """
    moved = 0
    made: set[Path] = set()
    for file in files:
        check()
        if (file.signature and not file.unchanged()) or not os.path.lexists(file.path):
            log.warning("changed since it was read: left for the next run", file=file.label)
            continue
        target = data_dir / file.destination / run / file.name
        try:
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            if not _take(file, target):
                log.warning("replaced since it was read: left for the next run", file=file.label)
                continue
        except OSError as error:
            raise MoveFailed(
                f"the data is committed, but {file.label} cannot be moved to {target.parent}:"
                f" {error.strerror}; {len(files) - moved} files stay in the inbox,"
                " put this right and the next run takes them up as repeats"
            ) from error
        moved += 1
    return moved


def remove_old(data_dir: Path, removable: Callable[[list[str]], Iterable[str]]) -> int:
    """Delete whole completion folders.

    Parameters
    ----------
    data_dir : Path
        The inbox.
    removable : callable
        Given the folder names, returns those that may go.

    Returns
    -------
    int
        How many are gone.
    """
    root = data_dir / COMPLETION
    names = [entry.name for entry in root.iterdir() if entry.is_dir()] if root.is_dir() else []
    old = list(removable(names)) if names else []
    for name in old:
        shutil.rmtree(root / name, ignore_errors=True)
    return len(old)


def _take(file: InboxFile, target: Path) -> bool:
    """Move the file; False if it was replaced in the last moment, then the new one is back in its place."""
    try:
        os.rename(file.path, target)
    except OSError as error:
        if error.errno != errno.EXDEV or not stat.S_ISREG(os.lstat(file.path).st_mode):
            raise
        _copy_across(file.path, target)
        return True
    if file.signature is None or file.signature.is_of(target) or os.path.lexists(file.path):
        return True
    os.rename(target, file.path)
    return False


def _copy_across(source: Path, target: Path) -> None:
    """Move to another file system so that a crash leaves a whole file in one place at least."""
    part = target.with_name(f"{target.name}.part")
    try:
        shutil.copy2(source, part)
        with part.open("rb") as copy:
            os.fsync(copy.fileno())
        os.rename(part, target)
        _sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)
    source.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the name of a copy last before the original goes."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
