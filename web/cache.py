"""Results kept for 24 hours, each computed once.

The contract: `Cache.once(level, key, compute)` gives what `compute` gave for an equal key within the
last 24 hours, in any worker. While one caller computes, others with the same key wait for its result.
The key holds everything the result depends on, the data version above all: so a run that changes
figures is seen on the next request, and nothing has to be dropped. A lost cache costs time only.
"""

import fcntl
import hashlib
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import redis
from flask import Flask
from flask_caching import Cache as FlaskCache

from etl.config import Config
from etl.log import log
from web import metrics

Result = TypeVar("Result")
SECONDS = 24 * 60 * 60
# Files hold some 20 kB each.
MOST_FILES = 20_000
LOCKS = 1_024
LOCK_SECONDS = 60
MISSING = object()
ROOT = Path(__file__).resolve().parents[1]


class Cache:
    """Files under `DATA_DIR/cache`, or Redis when REDIS_URL is set.

    Parameters
    ----------
    app : Flask
        Gets the extension.
    config : Config
        DATA_DIR and REDIS_URL.
    """

    def __init__(self, app: Flask, config: Config) -> None:
        self._folder = config.data_dir / "cache"
        self._build = _build()
        self._redis = redis.Redis.from_url(config.redis_url) if config.redis_url else None
        settings: dict[str, Any] = {"CACHE_DEFAULT_TIMEOUT": SECONDS, "CACHE_KEY_PREFIX": "meterhouse:"}
        if config.redis_url:
            settings |= {"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": config.redis_url}
        else:
            # It holds personal data: for this user's eyes only.
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            settings |= {
                "CACHE_TYPE": "FileSystemCache",
                "CACHE_DIR": str(self._folder / "results"),
                "CACHE_THRESHOLD": MOST_FILES,
            }
        self._cache = FlaskCache(app, config=settings)

    def once(self, level: str, key: tuple, compute: Callable[[], Result]) -> Result:
        """Return the result for `key`, computing it if nobody has.

        Parameters
        ----------
        level : str
            `page` or `data`. A page is made of data, never the other way round: so waiting cannot
            go in a circle.
        key : tuple
            All that the result depends on besides the code; its `repr` must tell values apart.
        compute : callable
            Makes the result; what it raises is raised here and not kept.
        """
        name = f"{level}-{hashlib.sha256(repr((self._build, key)).encode()).hexdigest()}"
        found = self._get(name)
        if found is not MISSING:
            metrics.CACHE.labels("hit").inc()
            return found
        with self._lock(level, name):
            found = self._get(name)
            if found is MISSING:
                metrics.CACHE.labels("miss").inc()
                found = compute()
                self._set(name, found)
            return found

    def clear(self) -> None:
        """Forget everything."""
        self._cache.clear()

    def _get(self, name: str) -> Any:
        try:
            found = self._cache.get(name)
        except redis.RedisError as error:
            log.warning("the cache does not answer", error=str(error))
            found = None
        return MISSING if found is None else found

    def _set(self, name: str, value: object) -> None:
        try:
            self._cache.set(name, value)
        except redis.RedisError as error:
            log.warning("the cache does not answer", error=str(error))

    def _lock(self, level: str, name: str) -> AbstractContextManager[Any]:
        if self._redis is None:
            return _file_lock(self._folder / "locks" / f"{level}-{int(name[-8:], 16) % LOCKS}")
        return _redis_lock(self._redis, f"meterhouse:lock:{name}")


def _build() -> str:
    """Tell this version of the code and its texts from any other, whose results must not be shown."""
    digest = hashlib.sha256()
    for folder in (ROOT / "web", ROOT / "sql" / "web"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def _file_lock(path: Path) -> Generator[None]:
    """Also between threads: each opens the file anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _redis_lock(client: redis.Redis, name: str) -> Generator[None]:
    """Without Redis everybody computes: slower, but right."""
    lock = client.lock(name, timeout=LOCK_SECONDS)
    try:
        lock.acquire()
    except redis.RedisError:
        yield
        return
    try:
        yield
    finally:
        try:
            lock.release()
        except redis.RedisError as error:
            log.warning("a lock in the cache was lost", error=str(error))
