"""The viewer as it is started: by gunicorn and by `flask run`; on a loopback address and on no other."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.integration.processes import ROOT, wait_until
from web.app import create_app

BIN = Path(sys.executable).parent
GUNICORN = [str(BIN / "gunicorn"), "-c", "web/gunicorn_conf.py", "web.app:create_app()"]
FLASK = [str(BIN / "flask"), "--app", "web.app", "run"]
PATIENCE = 60


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Server:
    """A server process with the environment of the test, in the project's folder."""

    def __init__(self, command: list[str], port: int, folder: Path, **environment: str) -> None:
        self.port = port
        self.log = folder / f"server-{port}.log"
        # Folders that it leaves behind are seen in `temporary`.
        self.temporary = Path(tempfile.mkdtemp(dir=folder))
        given = {"WEB_PORT": str(port), "WEB_WORKERS": "1", "TMPDIR": str(self.temporary), **environment}
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **given}, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def said(self) -> str:
        """What it has written."""
        return self.log.read_text()

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and body of a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(
                "GET", path, headers={key.replace("_", "-"): value for key, value in headers.items()}
            )
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def answers(self) -> bool:
        """Whether it does; its end before it did is an error."""
        assert self.process.poll() is None, self.said
        try:
            return self.get("/healthz") == (200, "ok\n")
        except OSError:
            return False

    def end(self) -> int:
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def clean_up(self) -> None:
        """Kill what is left of it and of its workers."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def start(tmp_path) -> Iterator:
    """A function that starts a server and waits until it answers."""
    started: list[Server] = []

    def begin(command: list[str], wait: bool = True, **environment: str) -> Server:
        port = free_port()
        made = Server([part.replace("PORT", str(port)) for part in command], port, tmp_path, **environment)
        started.append(made)
        if wait:
            wait_until(made.answers, "the server to answer", PATIENCE)
        return made

    yield begin
    for server in started:
        server.clean_up()


def refused(server: Server) -> str:
    """The line with which it refused to start."""
    assert server.process.wait(PATIENCE) != 0, server.said
    assert "Traceback" not in server.said, server.said
    (line,) = [line for line in server.said.splitlines() if "electricity use is personal data" in line]
    with pytest.raises(OSError):
        server.get("/healthz")
    return line


def test_gunicorn_answers_on_loopback_and_ends_when_asked(small, start):
    server = start(GUNICORN, WEB_WORKERS="2")
    status, page = server.get("/")
    assert (status, "Load profile" in page, "1.7" in page) == (200, True, True)
    assert server.get("/readyz") == (200, "ok\n")
    assert server.get("/users/8")[0] == 404
    assert server.end() == 0, server.said
    assert "Traceback" not in server.said
    assert list(server.temporary.glob("meterhouse-metrics-*")) == [], "it leaves no folder behind"


def test_the_metrics_of_two_workers_are_one_text_that_prometheus_can_read(small, start):
    server = start(GUNICORN, WEB_WORKERS="2")
    for _ in range(20):
        assert server.get("/users/5")[0] == 200
        _, text = server.get("/metrics")
    # Twenty requests, spread over two processes, are counted in one place.
    assert 'meterhouse_requests_total{endpoint="user.page",status="200"} 20.0' in text.splitlines()
    kinds = re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE)
    assert sorted(kinds) == sorted(set(kinds)), "a metric is described once"
    assert {"meterhouse_database_up", "meterhouse_last_run_status"} <= set(kinds)
    assert "pid=" not in text, "what the database says is the same in every process"
    master = psutil.Process(server.process.pid)
    resident = [process.memory_info().rss for process in (master, *master.children())]
    (memory,) = re.findall(r"^meterhouse_memory_bytes (\S+)$", text, re.MULTILINE)
    assert len(resident) == 3
    assert float(memory) == pytest.approx(sum(resident), rel=0.1)


@pytest.mark.parametrize("address", ["0.0.0.0:PORT", "[::]:PORT", ":PORT", "127.0.0.1:PORT 0.0.0.0:PORT"])
def test_gunicorn_refuses_an_open_address_on_its_command_line(small, start, address):
    binds = [part for one in address.split() for part in ("-b", one)]
    assert refused(start([*GUNICORN, *binds], wait=False)).startswith("error: WEB_HOST=")


def test_gunicorn_refuses_an_open_address_in_the_settings(small, start):
    line = refused(start(GUNICORN, wait=False, WEB_HOST="0.0.0.0", SECRET_KEY="s" * 40))
    assert line.startswith("error: WEB_HOST=0.0.0.0") and "ALLOWED_HOSTS" in line


@pytest.mark.parametrize("command", [GUNICORN, [*FLASK, "--host", "0.0.0.0", "--port", "PORT"]])
def test_at_an_open_address_with_key_and_names_everything_needs_sign_in(small, start, command):
    given = {"WEB_HOST": "0.0.0.0", "SECRET_KEY": "s" * 40, "ALLOWED_HOSTS": "meters.example"}
    server = start(command, **given)
    for path in ("/", "/users/5", "/users/5/readings.csv"):
        status, page = server.get(path, Host="meters.example")
        assert (status, "Load profile" in page) == (302, False)
    assert server.get("/metrics")[0] == 401
    assert server.get("/sign-in")[0] == 200
    assert "s" * 40 not in server.said


def test_a_key_that_is_none_is_refused_in_a_line(small, start):
    server = start(GUNICORN, wait=False, SECRET_KEY="short")
    assert server.process.wait(PATIENCE) != 0
    assert "error: SECRET_KEY: the key is too short" in server.said
    assert "Traceback" not in server.said


@pytest.mark.parametrize("command", [GUNICORN, [*FLASK, "--port", "PORT"]], ids=["gunicorn", "flask"])
def test_a_proxy_without_names_is_refused_in_a_line(small, start, command):
    server = start(command, wait=False, TRUSTED_PROXIES="1")
    assert server.process.wait(PATIENCE) != 0, server.said
    (line,) = [line for line in server.said.splitlines() if line.lower().startswith("error: ")]
    assert "TRUSTED_PROXIES needs ALLOWED_HOSTS" in line
    assert "Traceback" not in server.said


def test_gunicorn_says_in_a_line_which_setting_is_wrong(small, start):
    server = start(GUNICORN, wait=False, WEB_THREADS="none")
    assert server.process.wait(PATIENCE) != 0
    assert "error: WEB_THREADS=none" in server.said
    assert "Traceback" not in server.said


def test_flask_run_answers_on_loopback(small, start):
    server = start([*FLASK, "--port", "PORT"])
    assert server.get("/")[0] == 200
    server.process.send_signal(signal.SIGINT)
    server.process.wait(PATIENCE)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_flask_run_refuses_an_open_address(small, start, host):
    server = start([*FLASK, "--host", host, "--port", "PORT"], wait=False)
    assert f"WEB_HOST={host}" in refused(server)
    assert "Running on" not in server.said


def test_flask_run_refuses_an_open_address_of_its_environment(small, start):
    server = start([*FLASK, "--port", "PORT"], wait=False, FLASK_RUN_HOST="0.0.0.0")
    assert "WEB_HOST=0.0.0.0" in refused(server)


def test_gunicorn_can_listen_on_the_loopback_address_of_ipv6(small, start, monkeypatch):
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("NOT TESTED: this machine has no IPv6")
    server = start(GUNICORN, wait=False, WEB_HOST="::1")

    def answers() -> bool:
        assert server.process.poll() is None, server.said
        with suppress(OSError), socket.create_connection(("::1", server.port)):
            return True
        return False

    wait_until(answers, "the server to listen", PATIENCE)


def test_gunicorn_can_listen_on_a_socket_in_a_folder(small, start):
    with tempfile.TemporaryDirectory(prefix="mh") as folder:
        path = Path(folder) / "web"
        server = start([*GUNICORN, "-b", f"unix:{path}"], wait=False)

        def answer() -> bytes:
            assert server.process.poll() is None, server.said
            with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
                client.settimeout(PATIENCE)
                client.connect(str(path))
                client.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
                return client.makefile("rb").readline()
            return b""

        wait_until(lambda: b" 200 " in answer(), "the server to answer", PATIENCE)
        assert server.end() == 0, server.said


def test_making_the_app_connects_to_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    assert create_app().test_client().get("/healthz").status_code == 200
    assert not (tmp_path / "pg").exists()
