"""What all tests of sources have."""

import pytest

from etl.sources import retries


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    """Waits before a retry are a hundredth as long."""
    monkeypatch.setattr(retries, "FIRST_SECONDS", 0.01)
