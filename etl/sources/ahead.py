"""A thread that fetches ahead, so that a run can be stopped while a server thinks or a socket hangs."""

from collections.abc import Callable, Generator
from contextlib import closing, suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

Item = TypeVar("Item")

# Enough that neither side waits for a short while of the other; more would only take memory.
AHEAD = 3
POLL_SECONDS = 0.2


def ahead(items: Generator[Item], check: Callable[[], None]) -> Generator[Item]:
    """Yield what a thread takes from `items`, a few ahead.

    Parameters
    ----------
    items : generator
        Runs in the thread. It is closed there once nobody wants more.
    check : callable
        Called before every wait, and several times a second while one lasts: what it raises ends this.

    Yields
    ------
    Item
        Each of `items`, in order; what they raise is raised here.
    """
    queue: Queue[tuple[Item] | BaseException | None] = Queue(AHEAD)
    unwanted = Event()

    def put(one: tuple[Item] | BaseException | None) -> bool:
        """Whether it is still wanted."""
        while not unwanted.is_set():
            with suppress(Full):
                queue.put(one, timeout=POLL_SECONDS)
                return True
        return False

    def work() -> None:
        try:
            with closing(items):
                for item in items:
                    if not put((item,)):
                        return
            put(None)
        except BaseException as fault:  # noqa: BLE001 - raised again in the thread that can deal with it
            put(fault)

    # A daemon: one that hangs in a socket must not keep the process from ending.
    Thread(target=work, name="ahead", daemon=True).start()
    try:
        while one := _next(queue, check):
            if isinstance(one, BaseException):
                raise one
            yield one[0]
    finally:
        unwanted.set()


def _next(
    queue: Queue[tuple[Item] | BaseException | None], check: Callable[[], None]
) -> tuple[Item] | BaseException | None:
    while True:
        check()
        with suppress(Empty):
            return queue.get(timeout=POLL_SECONDS)
