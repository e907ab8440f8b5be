"""The key that signs sessions: SECRET_KEY, or one made once and kept in STATE_DIR for all workers."""

import secrets
from contextlib import suppress
from pathlib import Path

from etl import state
from etl.config import Config
from etl.errors import UsageError
from etl.log import log

FILE = ".secret_key"
SHORTEST = 32


def find(config: Config) -> str:
    """Give the key; make one if there is none.

    Parameters
    ----------
    config : Config
        SECRET_KEY and STATE_DIR.

    Returns
    -------
    str
        The same for every worker and after every restart.

    Raises
    ------
    UsageError
        If it is too short, or cannot be read or written.
    """
    if config.secret_key:
        return _long_enough(config.secret_key, "SECRET_KEY")
    path = state.folder(config) / FILE
    try:
        _adopt(config.data_dir / FILE, path)
        if not path.exists():
            state.write_once(path, f"{secrets.token_hex(SHORTEST)}\n")
        key = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise UsageError(f"{path}: {reason}; put it right, or set SECRET_KEY") from None
    return _long_enough(key, str(path))


def _adopt(old: Path, path: Path) -> None:
    """Take over the key of an earlier release, so that nobody is signed out; not one that others may know."""
    if not path.exists() and old.is_file() and state.is_ours(old):
        # Another worker may have been quicker.
        with suppress(FileNotFoundError):
            state.write_once(path, old.read_text("ascii"))
            old.unlink()
            log.warning("the key for sessions was moved", old=str(old), new=str(path))


def _long_enough(key: str, source: str) -> str:
    if len(key) < SHORTEST:
        raise UsageError(f"{source}: the key is too short; {SHORTEST} random characters or more sign safely")
    return key
