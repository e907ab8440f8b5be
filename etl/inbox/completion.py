"""After the commit: files leave the inbox for `completion/<run>/` or `rejected/<run>/`."""

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

from etl import sentences
from etl.errors import MoveFailed
from etl.inbox.files import COMPLETION, InboxFile
from etl.log import log

FOLDER_FLAGS = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


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
    with ExitStack() as opened:
        folders = _Folders(data_dir, run, opened)
        for file in files:
            check()
            try:
                is_moved = _take(file, folders)
            except OSError as error:
                target = folders.target(file)
                raise MoveFailed(
                    sentences.MOVE_FAILED,
                    file=file.label,
                    folder=target.parent,
                    reason=error.strerror,
                    left=len(files) - moved,
                ) from error
            moved += is_moved
            if not is_moved:
                log.warning("changed since it was read: left for the next run", file=file.label)
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


class _Folders:
    """The folders that files leave and reach, each opened once: a path for every file costs more."""

    def __init__(self, data_dir: Path, run: str, opened: ExitStack) -> None:
        self._data_dir, self._run, self._opened = data_dir, run, opened
        self._descriptors: dict[tuple[str, str], tuple[int, int]] = {}

    def of(self, destination: str, folder: str) -> tuple[int, int]:
        """The descriptors of a folder below the inbox and of the one that its files go to."""
        key = destination, folder
        if key not in self._descriptors:
            target = self._data_dir / destination / self._run / folder
            target.mkdir(parents=True, exist_ok=True)
            self._descriptors[key] = self._open(self._data_dir / folder), self._open(target)
        return self._descriptors[key]

    def target(self, file: InboxFile) -> Path:
        """Where a file goes."""
        return self._data_dir / file.destination / self._run / file.name

    def _open(self, folder: Path) -> int:
        descriptor = os.open(folder, FOLDER_FLAGS)
        self._opened.callback(os.close, descriptor)
        return descriptor


def _take(file: InboxFile, folders: _Folders) -> bool:
    """Move the file; False if it is gone, or is not the one that was read: then it is in its place."""
    folder, _, name = file.name.rpartition("/")
    try:
        source, target = folders.of(file.destination, folder)
        # Before the move, because a kill after it would leave a file that nobody has read in `completion/`.
        if file.signature is not None and not file.signature.is_of(name, source):
            return False
        os.rename(name, name, src_dir_fd=source, dst_dir_fd=target)
    except FileNotFoundError:
        if os.path.lexists(file.path):
            raise
        return False
    except OSError as error:
        if error.errno != errno.EXDEV or not stat.S_ISREG(os.lstat(file.path).st_mode):
            raise
        return _take_across(file, folders.target(file))
    # And after it, because a look before it cannot see what changes in between.
    if file.signature is None or file.signature.is_of(name, target):
        return True
    return not _put_back(name, target, source)


def _put_back(name: str, target: int, source: int) -> bool:
    """Give a file that nobody has read its place again; False if a newer one has it: that one counts."""
    try:
        # A rename would replace the newer one.
        os.link(name, name, src_dir_fd=target, dst_dir_fd=source, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError:
        # A folder, or a file system without links.
        os.rename(name, name, src_dir_fd=target, dst_dir_fd=source)
        return True
    os.unlink(name, dir_fd=target)
    return True


def _take_across(file: InboxFile, target: Path) -> bool:
    """Move to another file system so that a crash leaves a whole file in one place; False if it changed."""
    part = target.with_name(f"{target.name}.part")
    try:
        shutil.copy2(file.path, part)
        with part.open("rb") as copy:
            os.fsync(copy.fileno())
        os.rename(part, target)
        _sync_folder(target.parent)
    finally:
        part.unlink(missing_ok=True)
    # Copying takes a while: a correction that arrived meanwhile has not been read.
    is_same = file.signature is None or file.unchanged()
    (file.path if is_same else target).unlink()
    return is_same


def _sync_folder(folder: Path) -> None:
    """Make the name of a copy last before the original goes."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
