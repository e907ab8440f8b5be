"""One viewer and one Chromium for all tests of this folder; each page is watched while it is used."""

import os
import shutil
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests import conftest as database
from tests.browser import viewer as viewers
from tests.browser.viewer import Viewer
from tests.world import World

DESKTOP = {"width": 1200, "height": 900}
MISSING = "there is no chromium, so the pages are NOT tested: apt-get install chromium, or set CHROMIUM"

OpenPage = Callable[..., Page]


class Watch:
    """What must not happen on any page: an error, a refused resource, a request to another host."""

    def __init__(self, context: BrowserContext, viewer: Viewer) -> None:
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self._own = urlsplit(viewer.url).netloc
        context.on("request", lambda request: self._request(request.url))
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"page error: {error.error}"))
        context.on("requestfailed", lambda request: self._failed(request.url, request.failure or ""))

    def _request(self, url: str) -> None:
        self.requests.append(url)
        if urlsplit(url).netloc != self._own:
            self.complaints.append(f"a request to another host: {url}")

    def _failed(self, url: str, reason: str) -> None:
        # Who leaves a page, or starts a download, gives up what was still being asked.
        if reason != "net::ERR_ABORTED":
            self.complaints.append(f"{url}: {reason}")

    def _console(self, message: ConsoleMessage) -> None:
        # A page that is an error on purpose is reported by the browser, and by nobody else.
        expected = "Failed to load resource" in message.text and message.location["url"] == message.page.url
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(f"{message.location['url']}: console {message.type}: {message.text}")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    path = shutil.which(os.environ.get("CHROMIUM") or "chromium")
    if path is None:
        if os.environ.get("CI") or os.environ.get("MH_BROWSER") == "required":
            pytest.fail(MISSING)
        # Unlike a reason, a warning is always printed.
        warnings.warn(MISSING, stacklevel=1)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking"]
        started = playwright.chromium.launch(executable_path=path, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="package")
def viewer(browser, tmp_path_factory) -> Iterator[Viewer]:
    """A viewer over a week of 120 users; started once, after it is known that there is a browser."""
    folder = tmp_path_factory.mktemp("viewer")
    with contextmanager(database._database)(database.TEMPLATE) as url:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            world = World(folder, url, patch)
            viewers.fill(world)
        with viewers.serving(url, folder) as address:
            yield Viewer(address, world)
        world.close()


@pytest.fixture
def open_page(browser, viewer) -> Generator[OpenPage]:
    """Open an address in a browser of its own kind (JavaScript, language, colours, size)."""
    watched: list[tuple[BrowserContext, Watch]] = []

    def open_address(address: str = "/", **kind) -> Page:
        context = browser.new_context(
            base_url=viewer.url, **{"viewport": DESKTOP, "locale": "en-GB", "reduced_motion": "reduce"} | kind
        )
        watched.append((context, Watch(context, viewer)))
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.goto(address)
        return page

    yield open_address
    for context, _ in watched:
        context.close()
    for _, watch in watched:
        assert watch.requests, "nothing was asked"
        assert not watch.complaints


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser on a busy machine may be late once, not thrice."""
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.flaky(reruns=2))
