"""Results kept for 24 hours, each computed once.

The contract: `Cache.once(level, key, compute)` gives what `compute` gave for an equal key within the
last 24 hours, in any worker. While one caller computes, others with the same key wait for its result.
The key holds everything the result depends on, the data version above all: so a run that changes
figures is seen on the next request, and nothing has to be dropped. A lost cache costs time only. What
somebody else wrote into it is not believed (web/data/sealed.py).
"""

import fcntl
import hashlib
import hmac
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, time
from typing import Any, TypeVar

import redis
from flask import Flask
from flask_caching import Cache as FlaskCache
from redis.backoff import NoBackoff
from redis.exceptions import LockError
from redis.retry import Retry

from etl import state
from etl.config import Config
from etl.log import log
from web.data import sealed, sweep
from web.http import metrics, secret_key

Result = TypeVar("Result")
SECONDS = 24 * 60 * 60
# Each process may write so many until it looks at the files again.
BYTES_UNSWEPT = sweep.MOST_BYTES // 50
SWEEP_SECONDS = 10 * 60
# A Redis that hangs costs one such wait, then is left alone for a while.
REDIS_SECONDS = 0.5
REST_SECONDS = 10
# Of the pages that many ask for at once.
RECENT_SECONDS = 1
MOST_RECENT = 64
LOCKS = 1_024
LOCK_SECONDS = 60
MISSING = object()
ROOT = Path(__file__).resolve().parents[2]


class Cache:
    """Files under `STATE_DIR/cache`, or Redis when REDIS_URL is set.

    Parameters
    ----------
    app : Flask
        Gets the extension.
    config : Config
        STATE_DIR, SECRET_KEY and REDIS_URL.
    """

    def __init__(self, app: Flask, config: Config) -> None:
        self._folder = state.folder(config) / "cache"
        self._key = hmac.digest(secret_key.find(config).encode(), b"cache", "sha256")
        self._build = _build()
        self._redis = redis.Redis.from_url(config.redis_url, **_hasty()) if config.redis_url else None
        self._rest_until = self._swept_at = monotonic()
        self._unswept = 0
        self._here = threading.local()
        self._recent: dict[str, tuple[float, Any]] = {}
        settings: dict[str, Any] = {
            "CACHE_DEFAULT_TIMEOUT": SECONDS,
            "CACHE_KEY_PREFIX": "meterhouse:",
            "CACHE_SERIALIZER": sealed.Bytes(),
        }
        if config.redis_url:
            settings |= {
                "CACHE_TYPE": "RedisCache",
                "CACHE_REDIS_URL": config.redis_url,
                "CACHE_OPTIONS": _hasty(),
            }
        else:
            # It holds personal data: for this user's eyes only.
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            settings |= {
                "CACHE_TYPE": "FileSystemCache",
                "CACHE_DIR": str(self._folder / "results"),
                # Its own way to drop files reads them all each time; see web/data/sweep.py.
                "CACHE_THRESHOLD": 0,
            }
            sweep.sweep(self._folder / "results", SECONDS)
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

        Returns
        -------
        Result
            What `compute` gave, now or within 24 hours.
        """
        name = f"{level}-{hashlib.sha256(repr((self._build, key)).encode()).hexdigest()}"
        found = self._get_recent(level, name)
        if found is not MISSING:
            metrics.CACHE.labels("hit").inc()
            return found
        with self._only_one(level), self._lock(level, name):
            found = self._get(name)
            if found is MISSING:
                metrics.CACHE.labels("miss").inc()
                found = compute()
                self._set(name, found)
            return found

    @contextmanager
    def _only_one(self, level: str) -> Generator[None]:
        """Refuse a level within itself: its locks are few, and a thread could wait for its own."""
        held = getattr(self._here, "levels", ())
        if level in held:
            raise RuntimeError(f"a result of level {level} is made of another of that level")
        self._here.levels = (*held, level)
        try:
            yield
        finally:
            self._here.levels = held

    def clear(self) -> None:
        """Forget everything."""
        self._cache.clear()
        self._recent.clear()

    def _get_recent(self, level: str, name: str) -> Any:
        """Read a page once a second only, however many ask for it; data may be changed by who gets it."""
        until, found = self._recent.get(name, (0.0, MISSING))
        if found is MISSING or time() >= until:
            found = self._get(name)
            if level == "page" and found is not MISSING:
                if len(self._recent) >= MOST_RECENT:
                    self._recent.clear()
                self._recent[name] = time() + RECENT_SECONDS, found
        return found

    def _get(self, name: str) -> Any:
        found = None
        with self._forgiving() as answers:
            if answers:
                found = self._cache.get(name)
        if found is None:
            return MISSING
        try:
            return sealed.unseal(self._key, name, found)
        except sealed.Broken:
            log.warning("the cache holds what this viewer did not write", name=name)
            return MISSING

    def _set(self, name: str, value: object) -> None:
        written = sealed.seal(self._key, name, value)
        self._unswept += len(written)
        is_due = self._unswept > BYTES_UNSWEPT or monotonic() > self._swept_at + SWEEP_SECONDS
        if self._redis is None and is_due:
            self._swept_at, self._unswept = monotonic(), len(written)
            sweep.sweep(self._folder / "results", SECONDS)
        with self._forgiving() as answers:
            if answers:
                self._cache.set(name, written)

    @contextmanager
    def _forgiving(self) -> Generator[bool]:
        """Say whether to ask Redis; what it fails at is not done, and it is left alone for a while."""
        try:
            yield monotonic() >= self._rest_until
        except redis.RedisError as error:
            self._rest_until = monotonic() + REST_SECONDS
            log.warning("the cache does not answer", error=str(error))

    @contextmanager
    def _lock(self, level: str, name: str) -> Generator[None]:
        """Let one caller compute; without Redis everybody does: slower, but right."""
        if self._redis is None:
            with _file_lock(self._folder / "locks" / f"{level}-{int(name[-8:], 16) % LOCKS}"):
                yield
            return
        lock = self._redis.lock(f"meterhouse:lock:{name}", timeout=LOCK_SECONDS)
        taken = False
        with self._forgiving() as answers:
            taken = answers and lock.acquire()
        try:
            yield
        finally:
            # One that took too long has lost it: then another computes the same, no harm.
            with self._forgiving(), suppress(LockError):
                if taken:
                    lock.release()


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


def _hasty() -> dict[str, Any]:
    """Make the options of a client that gives up soon."""
    waits = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    return {**waits, "retry": Retry(NoBackoff(), 0)}
