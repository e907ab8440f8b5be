"""Many more kills than `make test` has time for, and a report of where they hit."""

import sys

import pytest

from tests.integration.faults.test_crash import PHASES, Crashes

pytestmark = [pytest.mark.torture, pytest.mark.timeout(1_800)]

KILLS_PER_PHASE = 10
KILLS_BY_LINE = 12
KILLS_BY_CLOCK = 8
KILLED_TWICE = 5


@pytest.fixture
def report(capsys):
    """Print how many kills hit what; to stderr, which pytest's workers pass on."""

    def show(crashes: Crashes, about: str) -> None:
        hits = ", ".join(f"{where} {hits}" for where, hits in crashes.hits.most_common())
        with capsys.disabled():
            print(
                f"\ntorture, {about}: {hits} (missed: ran to its end); {crashes.committed.total()} had"
                f" committed; their server processes were gone after {crashes.longest_lock:.2f} s at most",
                file=sys.stderr,
            )

    return show


@pytest.mark.parametrize("where", PHASES)
def test_kills_in_a_phase(world, report, where):
    crashes = Crashes(world, f"torture {where}", files=1_500)
    for _ in range(KILLS_PER_PHASE):
        crashes.kill_in(where)
    report(crashes, f"kills in {where}")
    assert crashes.hits[where] == KILLS_PER_PHASE


def test_kills_after_the_nth_line(world, report):
    crashes = Crashes(world, "torture lines", files=300)
    while crashes.kills < KILLS_BY_LINE:
        crashes.kill_after_line(crashes.rng.randint(1, 55))
    report(crashes, "kills after the n-th line")


def test_kills_at_random_instants(world, report):
    crashes = Crashes(world, "torture instants", files=300)
    for _ in range(KILLS_BY_CLOCK):
        crashes.kill_after(crashes.rng.uniform(0, 0.5))
    report(crashes, "kills at random instants")


def test_the_run_that_takes_up_is_killed_too(world, report):
    crashes = Crashes(world, "torture twice", files=300)
    for _ in range(KILLED_TWICE):
        crashes.kill_twice(crashes.rng.randint(20, 50), crashes.rng.randint(1, 50))
    report(crashes, "second kills")
