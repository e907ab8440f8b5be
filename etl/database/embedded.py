"""The embedded PostgreSQL of these settings: in STATE_DIR; one of an earlier release is moved there once.

Run as `python -m etl.database.embedded stop` it stops the server again.
"""

import errno
import os
import pwd
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from etl import config as settings
from etl import sentences, state
from etl.config import Config
from etl.database import server
from etl.errors import DatabaseUnavailable, MeterhouseError
from etl.log import log

# Whom the package makes, and lets the server run as, when it is started as root.
ROOTS_SERVER = "pgserver"


def start(config: Config) -> str:
    """Start the server if it is not running and return its connection URL.

    Parameters
    ----------
    config : Config
        STATE_DIR, and DATA_DIR for the server of an earlier release.

    Raises
    ------
    DatabaseUnavailable
        If it cannot start.
    UsageError
        If others may write in STATE_DIR.
    """
    folder = state.folder(config)
    server.refuse_long_path(folder)
    if not (folder / server.NAME).exists():
        _adopt(config.data_dir / server.NAME, folder / server.NAME)
    return server.start(folder)


def stop(config: Config) -> bool:
    """Stop the server, and that of an earlier release; True if one was running.

    Parameters
    ----------
    config : Config
        STATE_DIR and DATA_DIR.
    """
    stopped = [server.stop(folder) for folder in (config.state_dir, config.data_dir)]
    return any(stopped)


def _adopt(old: Path, home: Path) -> None:
    if not (old / "PG_VERSION").exists():
        return
    if not state.is_ours(old, *_servers_user()):
        # The upstream system may write in DATA_DIR: what it put there may run any code.
        raise DatabaseUnavailable(sentences.FOREIGN_DATABASE, old=old, home=home)
    try:
        with server.exclusive(home.parent), server.exclusive(old.parent):
            if not home.exists():
                server.stop(old.parent)
                if server.answers(old):
                    raise OSError(sentences.IN_USE)
                _move(old, home)
                (old.parent / server.LOCK).unlink()
                log.warning("embedded server: moved", old=str(old), new=str(home))
    except (OSError, subprocess.SubprocessError, psutil.Error) as error:
        raise DatabaseUnavailable(sentences.NOT_MOVED, old=old, home=home, reason=error) from error


def _move(old: Path, home: Path) -> None:
    """Move by one rename; to another disk by a copy beside: a killed copy leaves nothing half made."""
    try:
        old.rename(home)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        fresh = server.unfinished(home)
        subprocess.run(["/bin/cp", "-a", old, fresh], check=True)
        # A power cut must find a whole copy before the original goes.
        os.sync()
        fresh.rename(home)
        os.sync()
        shutil.rmtree(old)


def _servers_user() -> tuple[int, ...]:
    if os.geteuid() == 0:
        with suppress(KeyError):
            return (pwd.getpwnam(ROOTS_SERVER).pw_uid,)
    return ()


def main() -> int:
    """Stop the embedded server of these settings."""
    if sys.argv[1:] != ["stop"]:
        print("usage: python -m etl.database.embedded stop", file=sys.stderr)
        return 2
    try:
        running = stop(settings.load())
    except (MeterhouseError, psutil.Error) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("stopped" if running else "the embedded server is not running")
    return 0


if __name__ == "__main__":
    sys.exit(main())
