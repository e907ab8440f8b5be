"""Gunicorn with the viewer's own settings on a free loopback port, and a client; measures nothing."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.web.databases import environment
from bench.web.report import tell
from etl.config import Config

ROOT = Path(__file__).resolve().parents[2]
VIEWER = "web.app:create_app()"
EMPTY = "bench.web.empty:app"
START_SECONDS = 60
STOP_SECONDS = 30
# Longer than gunicorn lets a worker be silent.
ANSWER_SECONDS = 90


@dataclass(frozen=True)
class Answer:
    """A response as it came over the wire."""

    status: int
    body: bytes
    encoding: str


@dataclass(frozen=True)
class Server:
    """A running gunicorn."""

    port: int

    def get(self, path: str, encoding: str = "identity") -> Answer:
        """Ask on a connection of its own.

        Parameters
        ----------
        path : str
            With its query.
        encoding : str
            For Accept-Encoding.
        """
        headers = {"Accept-Encoding": encoding, "Accept-Language": "en"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)) as client:
            client.request("GET", path, headers=headers)
            response = client.getresponse()
            return Answer(response.status, response.read(), response.headers.get("Content-Encoding", ""))


@contextmanager
def gunicorn(application: str, config: Config) -> Generator[Server]:
    """Start gunicorn, wait until it answers, and end it.

    Parameters
    ----------
    application : str
        `VIEWER` or `EMPTY`.
    config : Config
        Of the viewer; the empty app has the same and looks at none of it.
    """
    port = _free_port()
    config.data_dir.mkdir(parents=True, exist_ok=True)
    with (config.data_dir / f"gunicorn-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "web/gunicorn_conf.py", application],
            cwd=ROOT,
            env=environment(config, WEB_HOST="127.0.0.1", WEB_PORT=str(port)),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            server = Server(port)
            _wait(process, server, Path(log.name))
            yield server
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _tell_errors(Path(log.name).read_text())


def _wait(process: subprocess.Popen, server: Server, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if server.get("/").status < 500:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"gunicorn does not answer:\n{log.read_text()[-2000:]}")


def _tell_errors(text: str) -> None:
    if "error" in text.lower():
        tell(f"  gunicorn's log ends with:\n{text[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
