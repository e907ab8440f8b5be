"""The client of the tests of HTTP: impatient, and allowed to ask this machine."""

from collections.abc import Callable
from typing import Any

import pytest

from etl.config import Config
from etl.errors import SourceFailed
from etl.sources.http_client import HttpClient
from etl.sources.http_messages import Request, Response

HERE = ("127.0.0.1/32",)
# Longer than a test may last: who waits for it fails.
FOR_EVER = 1000.0


def proceed() -> None:
    """The run goes on."""


def fetch(
    url: str,
    *,
    seconds: float = FOR_EVER,
    check: Callable[[], None] = proceed,
    networks: tuple[str, ...] = HERE,
    ca_file: str = "",
    **request: Any,
) -> Response:
    """Ask once."""
    config = Config(source_max_mb=1, source_allowed_networks=networks, source_ca_file=ca_file)
    with HttpClient(config, check, seconds) as client:
        return client.fetch(Request(url, **request))


def failure(url: str, **how: Any) -> str:
    """What is told when asking fails."""
    with pytest.raises(SourceFailed) as failed:
        fetch(url, **how)
    return str(failed.value)
