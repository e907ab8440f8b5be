"""While one caller computes, all others with the same key wait for its result: threads and processes."""

import multiprocessing
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask

from etl.config import Config
from web.data.cache import Cache

PATIENCE = 30
THREADS = 20


def cache(folder: Path) -> Cache:
    """A cache of files in `folder`."""
    return Cache(Flask("test"), Config(state_dir=folder))


@pytest.mark.parametrize("level", ["page", "data"])
def test_twenty_threads_compute_a_cold_key_once(tmp_path, level):
    shared = cache(tmp_path)
    all_here = threading.Barrier(THREADS + 1)
    go = threading.Event()
    computed: list[int] = []

    def compute() -> str:
        computed.append(threading.get_ident())
        assert go.wait(PATIENCE)
        return "made"

    def ask(_number: int) -> str:
        all_here.wait(PATIENCE)
        return shared.once(level, ("slow",), compute)

    with ThreadPoolExecutor(THREADS) as pool:
        results = [pool.submit(ask, number) for number in range(THREADS)]
        all_here.wait(PATIENCE)
        # The others go round the one that computes, or wait: while it is held none of them has an answer.
        assert not any(result.done() for result in results)
        go.set()
        assert [result.result(PATIENCE) for result in results] == ["made"] * THREADS
    assert len(computed) == 1


def test_a_page_computes_its_data_while_others_wait_for_the_page(tmp_path):
    shared = cache(tmp_path)
    computed: Counter[str] = Counter()

    def data(name: str) -> str:
        computed[name] += 1
        return name

    def page(n: int) -> list[str]:
        computed[f"page {n}"] += 1
        return [shared.once("data", (name,), lambda name=name: data(name)) for name in ("a", "b", "c")]

    with ThreadPoolExecutor(THREADS) as pool:
        results = [pool.submit(shared.once, "page", (n % 4,), lambda n=n: page(n % 4)) for n in range(200)]
        assert all(result.result(PATIENCE) == ["a", "b", "c"] for result in results)
    assert computed == Counter(["a", "b", "c", *(f"page {n}" for n in range(4))])


def test_keys_that_differ_have_results_of_their_own(tmp_path):
    shared = cache(tmp_path)
    keys = [(1,), ("1",), (1, None), ("a", "b"), ("a,b",), (("a", "b"),), ("a", "b", ""), (None,), (True,)]
    made = [shared.once("data", key, lambda key=key: repr(key)) for key in keys]
    assert (
        made == [shared.once("data", key, lambda: "computed again") for key in keys] == list(map(repr, keys))
    )
    assert shared.once("page", (1,), lambda: "a page") == "a page"


def test_what_failed_is_raised_and_not_kept(tmp_path):
    shared = cache(tmp_path)

    def fail() -> str:
        raise ValueError("no luck")

    for _ in range(2):
        with pytest.raises(ValueError, match="no luck"):
            shared.once("data", ("key",), fail)
    assert shared.once("data", ("key",), lambda: "made") == "made"


def test_after_a_failure_one_of_those_who_waited_computes(tmp_path):
    shared = cache(tmp_path)
    computing, go = threading.Event(), threading.Event()
    computed: list[int] = []

    def fail() -> str:
        computing.set()
        assert go.wait(PATIENCE)
        raise ValueError("no luck")

    def work() -> str:
        computed.append(1)
        return "made"

    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(shared.once, "data", ("key",), fail)
        assert computing.wait(PATIENCE)
        others = [pool.submit(shared.once, "data", ("key",), work) for _ in range(5)]
        go.set()
        assert [other.result(PATIENCE) for other in others] == ["made"] * 5
        with pytest.raises(ValueError, match="no luck"):
            first.result(PATIENCE)
    assert len(computed) == 1


def test_a_result_without_entries_is_a_result(tmp_path):
    shared = cache(tmp_path)
    for empty in ([], (), "", 0, {}, False):
        key = (repr(empty),)
        assert shared.once("data", key, lambda empty=empty: empty) == empty
        assert shared.once("data", key, lambda: "computed again") == empty


def _worker(folder: Path, here, log: Path, answers) -> None:
    """A worker process with three threads."""
    shared = cache(folder)

    def compute() -> str:
        with log.open("a") as file:
            file.write("computed\n")
        # Nobody is left behind: all threads of all processes have begun to ask.
        here.wait(PATIENCE)
        return "made"

    def ask(_number: int) -> str:
        with count.get_lock():
            count.value += 1
        return shared.once("data", ("slow",), compute)

    count = multiprocessing.Value("i", 0)
    with ThreadPoolExecutor(3) as pool:
        results = [pool.submit(ask, number) for number in range(3)]
        here.wait(PATIENCE)
        answers.put([result.result(PATIENCE) for result in results])


def test_two_processes_compute_a_cold_key_once(tmp_path):
    context = multiprocessing.get_context("spawn")
    # Both processes, and whoever computes: a second one would wait in vain and break the barrier.
    here, answers, log = context.Barrier(3), context.Queue(), tmp_path / "log"
    workers = [context.Process(target=_worker, args=(tmp_path, here, log, answers)) for _ in range(2)]
    for worker in workers:
        worker.start()
    assert [answers.get(timeout=PATIENCE) for _ in workers] == [["made"] * 3] * 2
    for worker in workers:
        worker.join(PATIENCE)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert log.read_text().splitlines() == ["computed"]
