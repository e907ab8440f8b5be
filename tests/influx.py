"""A real InfluxDB for the tests: an own process on a free port, in a folder that is thrown away."""

import atexit
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import requests

from etl.config import Config

VARIABLE = "INTEGRATION_TESTS"
WITHOUT = "not tested against InfluxDB"
PATIENCE = 60.0
BATCH = 20_000
ADMIN = ("admin", "geheim")


def require() -> str:
    """Find influxd; where it is not, this test is skipped, or fails if INTEGRATION_TESTS is 1."""
    wanted, found = os.environ.get(VARIABLE, ""), shutil.which("influxd")
    assert wanted in ("", "0", "1"), (
        f"{VARIABLE}={wanted}: write 1 (must run), 0 (skip) or nothing (if it can)"
    )
    if wanted == "0":
        pytest.skip(f"{WITHOUT}: {VARIABLE}=0")
    if not found and wanted == "1":
        pytest.fail(f"{VARIABLE}=1, but there is no influxd: install Debian's package influxdb")
    return found or pytest.skip(f"{WITHOUT}: there is no influxd")


class Influxd:
    """A server of its own.

    `sections` are those of its configuration file, such as `{"coordinator": {"query-timeout": "100ms"}}`.
    """

    def __init__(self, folder: Path, auth: bool = False, **sections: dict[str, Any]) -> None:
        self._program = require()
        self._folder, self._auth = folder, auth
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = ADMIN if auth else None
        folder.mkdir(parents=True, exist_ok=True)
        self._start(sections)
        if auth:
            self.query(f"CREATE USER {ADMIN[0]} WITH PASSWORD '{ADMIN[1]}' WITH ALL PRIVILEGES")

    def restart(self, **sections: dict[str, Any]) -> None:
        """Start it anew with its data, on another port."""
        self._end()
        self._start(sections)

    def config(self, database: str, **settings: object) -> Config:
        """Settings that read a database of this server."""
        return Config.model_validate({"influx_url": self.url, "influx_bucket": database, **settings})

    def write(self, database: str, lines: Iterable[str], precision: str = "s", policy: str = "") -> None:
        """Write points in line protocol with times of that precision; makes the database if it is missing."""
        self.query(f"CREATE DATABASE {json.dumps(database, ensure_ascii=False)}")
        pending = list(lines)
        for begin in range(0, len(pending), BATCH):
            body = "\n".join(pending[begin : begin + BATCH]).encode()
            parameters = {"db": database, "precision": precision, "rp": policy}
            answer = self._session.post(f"{self.url}/write", params=parameters, data=body)
            assert answer.status_code == 204, answer.text

    def query(self, statement: str) -> dict[str, Any]:
        """Do one statement as administrator."""
        answer = self._session.post(f"{self.url}/query", params={"q": statement}).json()
        assert "error" not in json.dumps(answer), answer
        return answer

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """End it and drop what it held."""
        self._end()
        self._session.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def _start(self, sections: dict[str, dict[str, Any]]) -> None:
        for _attempt in range(3):  # another process may have taken the port meanwhile
            port, rpc = _free_ports(2)
            self.url = f"http://127.0.0.1:{port}"
            self._configure(port, rpc, sections)
            with (self._folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    [self._program, "-config", str(self._folder / "influxdb.conf")],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C of a test is not for it
                )
            # A failed test must not leave it behind.
            atexit.register(self._process.kill)
            if self._answers():
                return
        raise AssertionError((self._folder / "log").read_text())

    def _configure(self, port: int, rpc: int, sections: dict[str, dict[str, Any]]) -> None:
        folder = self._folder
        settings: dict[str, dict[str, Any]] = {
            "meta": {"dir": str(folder / "meta")},
            "data": {"dir": str(folder / "data"), "wal-dir": str(folder / "wal"), "query-log-enabled": False},
            "monitor": {"store-enabled": False},
            "http": {"bind-address": f"127.0.0.1:{port}", "auth-enabled": self._auth, "log-enabled": False},
        }
        for name, section in sections.items():
            settings.setdefault(name, {}).update(section)
        lines = ["reporting-disabled = true", f'bind-address = "127.0.0.1:{rpc}"']
        for name, section in settings.items():
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in section.items())]
        (folder / "influxdb.conf").write_text("\n".join(lines) + "\n")

    def _answers(self) -> bool:
        """Whether it came up."""
        until = time.monotonic() + PATIENCE
        while self._process.poll() is None and time.monotonic() < until:
            try:
                return self._session.get(f"{self.url}/ping", timeout=PATIENCE).status_code == 204
            except requests.ConnectionError:
                time.sleep(0.05)
        return False


def _free_ports(number: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
