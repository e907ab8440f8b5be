"""The batch is killed with SIGKILL, wherever it is, and started again: nothing is lost, nothing doubled."""

import random
import signal
import time
from collections import Counter
from datetime import date, timedelta

import pytest

from tests.integration.processes import (
    Batch,
    Readings,
    backend,
    make_inbox,
    registered,
    run_when_free,
    runs,
    stored,
)
from tests.world import World

# Kills and signals race with whatever else the machine does: a test may lose once, not thrice.
pytestmark = pytest.mark.flaky(reruns=2)

PHASES = ("parse", "COPY", "SQL", "commit", "move")
# The client works, and not the server, after these: it reads and parses files.
BEFORE_PARSING = ("sql/readings/user_ids.sql", "sql/readings/clear_batch.sql")
ABANDONED = "abandoned: its process ended without a word; the next run took up what was left"
ATTEMPTS = 8
# The first commit that follows takes a while in the server.
SLOW_COMMIT = """
    DROP FUNCTION IF EXISTS slow_commit CASCADE;
    DROP SEQUENCE IF EXISTS slow_commits;
    CREATE SEQUENCE slow_commits;
    CREATE FUNCTION slow_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF nextval('slow_commits') = 1 THEN PERFORM pg_sleep(%s); END IF; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER slow_commit AFTER UPDATE ON dataset DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION slow_commit();
"""
READINGS_INSERTED = (
    "SELECT sum((metadata #>> '{units,readings,inserted}')::int) FROM run WHERE status = 'SUCCESS'"
)


class Crashes:
    """Kills in one database, each with the files of a new day and followed by a run that puts it right."""

    def __init__(self, world: World, seed: str, files: int = 1_500) -> None:
        self.world = world
        self.files = files
        self.rng = random.Random(seed)
        self.day = date(2026, 1, 1)
        self.names: list[str] = []
        self.expected: Readings = {}
        self.hits: Counter[str] = Counter()
        self.committed: Counter[str] = Counter()
        self.longest_lock = 0.0

    @property
    def kills(self) -> int:
        """How many runs were killed."""
        return self.hits.total() - self.hits["missed"]

    def kill_in(self, wanted: str) -> None:
        """Kill a run in that phase."""
        for _ in range(ATTEMPTS):
            batch, hit = self._kill_in_commit() if wanted == "commit" else self._kill_at_look(wanted)
            self.take_up(batch, hit)
            if hit == wanted:
                return
        pytest.fail(f"{wanted} was missed {ATTEMPTS} times")

    def kill_after_line(self, lines: int) -> None:
        """Kill a run once it has written that many lines."""
        batch = self._start(kill_after=lines)
        killed = batch.finish() == -signal.SIGKILL
        self.take_up(batch, phase(self.world, batch) if killed else "missed")

    def kill_twice(self, lines: int, lines_of_next: int) -> None:
        """Kill a run after some lines, and the one that takes up too."""
        self._start(kill_after=lines).finish()
        again = Batch(self.world.root, "--verbose", "--date", str(self.day), kill_after=lines_of_next)
        killed = again.finish() == -signal.SIGKILL
        self.take_up(again, phase(self.world, again) if killed else "missed")

    def kill_after(self, seconds: float) -> None:
        """Kill a run so long after it began to work."""
        batch = self._start()
        batch.wait_for("run started")
        time.sleep(seconds)
        batch.send(signal.SIGSTOP)
        found = phase(self.world, batch)
        self.take_up(batch, found if batch.kill() == -signal.SIGKILL else "missed")

    def take_up(self, killed: Batch, where: str) -> None:
        """Run again and compare everything."""
        world, told = self.world, f"killed in {where} after: {killed.lines[-1:]}"
        self.hits[where] += 1
        assert sorted(world.inbox() + world.moved()) == sorted(self.names), told
        again, seconds = run_when_free(world, "--date", str(self.day))
        self.longest_lock = max(self.longest_lock, seconds)
        assert again.popen.returncode == 0, f"{told}: {again.err}"
        assert world.inbox() == [], told
        assert sorted(world.moved()) == sorted(self.names), told
        assert stored(world) == self.expected, told
        self._check_history(killed, again, where)
        world.verify()

    def _check_history(self, killed: Batch, again: Batch, where: str) -> None:
        world, history = self.world, {run: (status, error) for run, status, error in runs(self.world)}
        assert "RUNNING" not in {status for status, _ in history.values()}
        assert history[again.run_id] == ("SUCCESS", None)
        if "run started" in killed.err:
            assert killed.run_id in history
        if killed.run_ids and killed.run_id in history:
            end = history[killed.run_id]
            assert end in (("SUCCESS", None), ("FAILURE", ABANDONED))
            assert end[0] == "FAILURE" or "committing" in killed.err
            assert end[0] == "SUCCESS" or where != "move"
            self.committed[where] += end[0] == "SUCCESS"
        # What successful runs say they inserted is what is there: no run did so twice, none in vain.
        assert world.value(READINGS_INSERTED) == len(self.expected)

    def _start(self, kill_after: int = 0) -> Batch:
        self.day += timedelta(days=1)
        self.names += make_inbox(self.world, str(self.day), self.files, megabytes=10)
        for key, energy in registered(self.world.data / "consumption").items():
            self.expected.setdefault(key, energy)
        return Batch(self.world.root, "--verbose", "--date", str(self.day), kill_after=kill_after)

    def _kill_at_look(self, wanted: str) -> tuple[Batch, str]:
        """Stop the process again and again to look where it is, and kill it there, not always at once."""
        batch = self._start()
        batch.wait_for("run started")
        # A COPY is over in ten milliseconds.
        looks, pause = (1, 0.003) if wanted == "COPY" else (self.rng.choice((1, 1, 2, 3)), 0.01)
        while batch.popen.poll() is None:
            batch.send(signal.SIGSTOP)
            looks -= phase(self.world, batch) == wanted
            if not looks:
                batch.kill()
                return batch, wanted
            batch.send(signal.SIGCONT)
            time.sleep(self.rng.uniform(0, pause))
        batch.finish()
        return batch, "missed"

    def _kill_in_commit(self) -> tuple[Batch, str]:
        """Kill it while the server commits: in 0.1 s it hardly misses its client, in 3 s it does."""
        seconds = self.rng.choice((0, 0.1, 3))
        self.world.do(SLOW_COMMIT % seconds)
        batch = self._start()
        batch.wait_for("committing")
        time.sleep(self.rng.uniform(0, 0.05 if seconds else 0.002))
        batch.kill()
        return batch, phase(self.world, batch)


def phase(world: World, batch: Batch) -> str:
    """Where a stopped or killed process is: by its server process, its last line and its files."""
    state, _, query = backend(world)
    time.sleep(0.003)
    last = batch.lines[-1] if batch.lines else ""
    if any(path for run in batch.run_ids for path in (world.data / "completion" / run).rglob("*.csv*")):
        return "after" if "files moved" in batch.err else "move"
    if "event=committing" in last:
        return "commit"
    if state == "active":
        return "COPY" if query.startswith("COPY") else "SQL"
    return "parse" if any(step in last for step in BEFORE_PARSING) else "between steps"


@pytest.mark.parametrize("where", PHASES)
def test_killed_in_a_phase(world, where):
    Crashes(world, f"phase {where}").kill_in(where)


@pytest.mark.parametrize("seed", ("a", "b"))
def test_killed_after_the_nth_line(world, seed):
    crashes = Crashes(world, f"line {seed}", files=300)
    while crashes.kills < 3:
        crashes.kill_after_line(crashes.rng.randint(1, 55))
