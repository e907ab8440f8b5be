"""The progress bar: on a terminal, and none in cron."""

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path

from tests.world import DAY

ROOT = Path(__file__).resolve().parents[3]


def fill(world) -> list[str]:
    """A few hundred files, and the command that loads them."""
    world.start(*(f"{user},a1,t1" for user in range(1, 301)))
    for user in range(1, 301):
        world.put_readings(user, *(f"2026-03-01 {hour:02}:00,{user}" for hour in range(24)))
    return [sys.executable, "-m", "etl.main", "--date", DAY]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_a_terminal_shows_files_and_readings_and_is_clean_afterwards(world):
    command = fill(world)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (40, 120))
    process = subprocess.Popen(command, env=environment(), stderr=theirs, stdout=subprocess.PIPE)
    os.close(theirs)
    shown = b""
    while True:
        try:
            block = os.read(ours, 65536)
        except OSError:
            break
        if not block:
            break
        shown += block
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    text = shown.decode()
    assert "300/300" in text
    assert "read=7,200" in text
    assert "event=step" in text
    assert f"consumption {DAY}: SUCCESS" in out.decode()


def test_cron_gets_no_bar(world):
    done = subprocess.run(fill(world), env=environment(), capture_output=True, text=True, check=True)
    assert "file/s" not in done.stderr
    assert "\r" not in done.stderr
    assert all(line.startswith("timestamp=") for line in done.stderr.splitlines())
