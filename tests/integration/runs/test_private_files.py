"""What the batch writes is for its user alone, and no line of the log obeys what a file holds."""

import json
import os
import re
import stat

import pytest

from tests.world import DAY

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


@pytest.fixture
def open_umask():
    """The operator's shell lets everybody read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_others_may_read_nothing_that_the_batch_wrote(world, open_umask):
    world.put_masters()
    world.put_users("5,a1,t1")
    assert world.run("--date", DAY).code == 0
    written = [*(world.root / "logs").rglob("*"), *(world.data / "completion").rglob("*")]
    made = [path for path in written if path.name not in ("area.csv", "tariff.csv", "user_data.csv")]
    assert made
    assert [path for path in made if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


@pytest.mark.parametrize("log_format", ("text", "json"))
def test_no_control_character_reaches_the_log(world, log_format):
    world.set(LOG_FORMAT=log_format)
    world.start("5,a1,t1")
    name = "5\x9b2J\x1b]0;x\x07\x85\u2028timestamp=now.csv"
    world.put_readings(5, "2026-03-01 00:00,1\x9b2J\x1b[31m", name=name)
    result = world.call("--date", DAY)
    assert result.code == 1
    for text in (result.err, (world.root / "logs" / "meterhouse.log").read_text()):
        assert text
        assert CONTROL.findall(text) == []
        if log_format == "json":
            assert all(json.loads(line) for line in text.splitlines() if line.startswith("{"))
