"""With REDIS_URL all workers share one Redis; when it is gone pages still answer, only slower."""

import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from flask import Flask

from etl.config import Config
from tests.integration.processes import wait_until
from tests.web.site import Viewer
from web.data import cache
from web.data.cache import REST_SECONDS, Cache

PATIENCE = 30
# Far more than its one wait of half a second, far less than one wait a lookup.
HANG_SECONDS = 10
DAY_SECONDS = 24 * 60 * 60


class Server:
    """A redis-server that belongs to this test."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis.from_url(self.url)
        self.start()

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([shutil.which("redis-server"), *options], stdout=subprocess.DEVNULL)
        wait_until(self.answers, "redis-server", PATIENCE)

    def answers(self) -> bool:
        """Whether it does."""
        try:
            return self.client.ping()
        except redis.RedisError:
            return False

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server() -> Iterator[Server]:
    """A running Redis."""
    if not shutil.which("redis-server"):
        pytest.skip("NOT TESTED: redis-server is not on PATH (apt-get install redis-server)")
    made = Server()
    yield made
    made.kill()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A function that lets the cache's clock go on by so many seconds."""

    def go_on(seconds: float) -> None:
        monkeypatch.setattr(cache, "monotonic", lambda: time.monotonic() + seconds)

    return go_on


@pytest.fixture
def shared(small, server):
    """The small world, and viewers of it that share a Redis."""
    small.set(REDIS_URL=server.url)
    return small


def test_workers_share_what_one_has_computed(shared, server, asked):
    pages = [Viewer().get("/").text, Viewer().get("/users/5").text]
    asked.clear()
    assert [Viewer().get("/").text, Viewer().get("/users/5").text] == pages
    assert asked == []
    assert not (shared.state / "cache" / "results").exists()


def test_results_are_kept_for_24_hours_and_locks_are_not_left(shared, server):
    Viewer().get("/")
    names = server.client.keys("*")
    assert names and not [name for name in names if b"lock" in name]
    assert all(DAY_SECONDS - 60 < server.client.ttl(name) <= DAY_SECONDS for name in names)


def test_a_change_is_seen_on_the_next_request(shared, server):
    viewer = Viewer()
    assert viewer.get().headline["Energy"] == ["1.7 kWh"]
    shared.put_readings(5, "2026-03-20 10:00,2000")
    assert shared.run("--date", "2026-04-01").code == 0
    assert viewer.get().headline["Energy"] == ["3.7 kWh"]


def test_two_workers_with_ten_threads_each_compute_a_cold_key_once(tmp_path, server):
    workers = [Cache(Flask("test"), Config(state_dir=tmp_path, redis_url=server.url)) for _ in range(2)]
    all_here, go = threading.Barrier(21), threading.Event()
    computed: list[int] = []

    def compute() -> str:
        computed.append(1)
        assert go.wait(PATIENCE)
        return "made"

    def ask(number: int) -> str:
        all_here.wait(PATIENCE)
        return workers[number % 2].once("data", ("slow",), compute)

    with ThreadPoolExecutor(20) as pool:
        results = [pool.submit(ask, number) for number in range(20)]
        all_here.wait(PATIENCE)
        assert not any(result.done() for result in results)
        go.set()
        assert [result.result(PATIENCE) for result in results] == ["made"] * 20
    assert len(computed) == 1


def test_pages_still_answer_when_redis_is_killed_and_when_it_is_back(shared, server, asked, later):
    viewer = Viewer()
    paths = ["/", "/users/5", "/users/5/readings.csv", "/users/8", "/?area=a3"]
    before = [viewer.get(path) for path in paths]
    server.kill()
    after = [viewer.get(path) for path in paths]
    assert [page.status for page in after] == [page.status for page in before] == [200, 200, 200, 404, 400]
    assert [page.text for page in after] == [page.text for page in before]
    server.start()
    viewer.get("/")
    assert server.client.dbsize() == 0, "who failed is left alone for a while"
    later(REST_SECONDS)
    viewer.get("/")
    asked.clear()
    assert viewer.get("/").text == before[0].text
    assert asked == []


def test_a_redis_that_hangs_is_waited_for_once_and_used_again_later(shared, server, asked, later):
    viewer = Viewer()
    paths = ["/", "/users/5", "/?split=area", "/users/6"]
    before = [viewer.get(path) for path in paths]
    server.process.send_signal(signal.SIGSTOP)
    started = time.monotonic()
    after = [viewer.get(path) for path in paths]
    assert time.monotonic() - started < HANG_SECONDS
    assert [(page.status, page.text) for page in after] == [(200, page.text) for page in before]
    server.process.send_signal(signal.SIGCONT)
    wait_until(server.answers, "redis-server", PATIENCE)
    later(REST_SECONDS)
    asked.clear()
    assert [viewer.get(path).text for path in paths] == [page.text for page in before]
    assert asked == [], "what it held before is found again"


def test_a_redis_that_dies_while_a_page_is_made_costs_nothing_but_the_cache(shared, server):
    made = Cache(Flask("test"), Config(state_dir=shared.state, redis_url=server.url))

    def compute() -> str:
        server.kill()
        return "made"

    assert made.once("data", ("key",), compute) == "made"


def test_the_viewer_starts_and_answers_without_the_redis_it_was_given(small, tmp_path):
    small.set(REDIS_URL="redis://127.0.0.1:1/0")
    viewer = Viewer()
    assert (viewer.get("/").status, viewer.get("/healthz").status) == (200, 200)
