"""Every pin names the files it may be, and nothing says where they are fetched from."""

import re

import pytest

from tests.unit.documents import ROOT

FILES = ("requirements.txt", "requirements-archive.txt", "requirements-dev.txt")
PIN = re.compile(r"[A-Za-z0-9][\w.-]*==[\w.]+(; [\w.]+ < \"[\d.]+\")?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def pins(name: str) -> list[list[str]]:
    """Each pin with its hashes; comments and other files left out."""
    lines = (ROOT / name).read_text().replace("\\\n", "").splitlines()
    kept = (line for line in lines if line and not line.startswith(("#", "-r ")))
    return [re.split(r"\s+(?=--)", line) for line in kept]


@pytest.mark.parametrize("name", FILES)
def test_each_line_is_a_pin_with_hashes(name):
    for pin, *hashes in pins(name):
        assert PIN.fullmatch(pin), pin
        assert hashes, f"{pin}: see CONTRIBUTING, How to add: a pin"
        assert all(HASH.fullmatch(one) for one in hashes), pin
        assert hashes == sorted(set(hashes)), pin


def test_a_package_is_pinned_once():
    names = [re.sub("[-_.]+", "-", pin.split("==")[0]).lower() for name in FILES for pin, *_ in pins(name)]
    assert sorted(set(names)) == sorted(names)


def test_the_makefile_installs_nothing_without_hashes():
    installs = re.findall(r"pip install .*", (ROOT / "Makefile").read_text())
    assert installs
    assert all("--require-hashes" in line for line in installs), installs
