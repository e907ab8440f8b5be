"""What the viewer writes is for its user alone, also where the operator's shell lets everybody read."""

import os
import stat

import pytest

from tests.integration.processes import wait_until
from tests.web.operators import add_token
from tests.web.test_servers import GUNICORN, start  # noqa: F401 - a fixture
from tests.web.test_trigger_server import ask


@pytest.fixture
def open_umask():
    """The shell lets everybody read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_others_may_read_nothing_that_the_viewer_wrote(small, open_umask, start):  # noqa: F811 - the fixture
    token = add_token(small)
    server = start(GUNICORN)
    for path in ("/", "/users/5", "/metrics"):
        assert server.get(path)[0] == 200
    assert ask(server, token, "POST", "/trigger", {"job_name": "consumption"})[0] == 202
    told = small.root / "logs" / "triggered.log"
    wait_until(lambda: told.exists() and told.stat().st_size, "the triggered run to say something")
    results, locks = (list((small.state / "cache" / name).rglob("*")) for name in ("results", "locks"))
    figures = list(server.temporary.rglob("*.db"))
    assert results and locks and figures
    written = [*results, *locks, *figures, told]
    assert [path for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
