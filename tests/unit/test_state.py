"""STATE_DIR: closed to others when it is made, refused when they may have written in it."""

import os
import stat

import pytest

from etl import state
from etl.config import Config
from etl.errors import UsageError


def mode(path) -> int:
    """Who may do what, but for passing through."""
    return stat.S_IMODE(path.stat().st_mode) & ~0o011


@pytest.fixture
def config(tmp_path) -> Config:
    """Settings with a folder that is not there yet."""
    return Config(data_dir=tmp_path / "data", state_dir=tmp_path / "deep" / "state")


def test_it_is_made_for_this_user_alone(config):
    assert state.folder(config) == config.state_dir
    assert mode(config.state_dir) == 0o700


def test_one_that_others_may_read_is_closed(config):
    config.state_dir.mkdir(parents=True)
    config.state_dir.chmod(0o755)
    assert mode(state.folder(config)) == 0o700


@pytest.mark.parametrize("permissions", (0o770, 0o707, 0o722, 0o1777))
def test_one_that_others_may_write_is_refused(config, permissions):
    config.state_dir.mkdir(parents=True)
    config.state_dir.chmod(permissions)
    with pytest.raises(UsageError, match=r"STATE_DIR=.*other users may write in it.*chmod go-w") as refused:
        state.folder(config)
    assert "\n" not in str(refused.value)
    assert stat.S_IMODE(config.state_dir.stat().st_mode) == permissions


def test_one_of_somebody_else_is_refused(config):
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can give a folder to somebody else")
    config.state_dir.mkdir(parents=True)
    os.chown(config.state_dir, 65534, 65534)
    with pytest.raises(UsageError, match="it belongs to user 65534 and not to you"):
        state.folder(config)


@pytest.mark.parametrize("inside", (".", "state", "a/b"))
def test_one_inside_the_inbox_is_refused(config, inside):
    config = config.model_copy(update={"state_dir": config.data_dir / inside})
    with pytest.raises(UsageError, match="the upstream system may write in DATA_DIR"):
        state.folder(config)
    assert not config.state_dir.exists()
