"""INTEGRATION_TESTS says whether the tests that need an InfluxDB run, fail or are skipped."""

import pytest

from tests.influx import VARIABLE, WITHOUT, require


@pytest.fixture
def program(tmp_path, monkeypatch):
    """The only program on PATH is a file of that name, if the test makes it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path / "influxd"


@pytest.mark.parametrize("wanted", ["", "1"])
def test_they_run_where_influxd_is_found(program, monkeypatch, wanted):
    program.touch(mode=0o755)
    monkeypatch.setenv(VARIABLE, wanted)
    assert require() == str(program)


@pytest.mark.parametrize(("wanted", "exists"), [("0", True), ("0", False), ("", False)])
def test_they_are_skipped_aloud(program, monkeypatch, wanted, exists):
    if exists:
        program.touch(mode=0o755)
    monkeypatch.setenv(VARIABLE, wanted)
    with pytest.raises(pytest.skip.Exception, match=WITHOUT):
        require()


def test_they_fail_where_they_must_run(program, monkeypatch):
    monkeypatch.setenv(VARIABLE, "1")
    with pytest.raises(pytest.fail.Exception, match="there is no influxd"):
        require()


def test_any_other_wish_is_refused(program, monkeypatch):
    program.touch(mode=0o755)
    monkeypatch.setenv(VARIABLE, "no")
    with pytest.raises(AssertionError, match="INTEGRATION_TESTS=no"):
        require()
