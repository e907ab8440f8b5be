"""What the cache holds: no pickle, nothing that somebody else wrote, and values as they were."""

import os
import pickle
import struct
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pandas as pd
import pytest
from markupsafe import Markup

from tests.web.site import Viewer
from web.data import sealed
from web.data.filters import Filters
from web.data.load_profile import Period

KEY = b"k" * 32
VALUES = [
    None,
    [True, 1, 2**70, 0.5, "日本", Decimal("0.10"), Decimal("1E+3")],
    (date(2026, 3, 1), datetime(2026, 3, 1, 12, 30, 0, 5, tzinfo=UTC)),
    {"a": {1: (b"\0\xff", Markup("<b>"))}},
    Period(date(2026, 3, 1), None),
    [Filters(date(2026, 3, 1), None, "tuple", '{"frame": 1}')],
]


class Trap:
    """A pickle of it makes the file `trapped` where it is read."""

    def __reduce__(self) -> tuple:
        return os.mkdir, ("trapped",)


@dataclass
class Stranger:
    """A record of another package than the viewer's."""

    text: str


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_was(value):
    again = sealed.unseal(KEY, "name", sealed.seal(KEY, "name", value))
    assert (again, type(again)) == (value, type(value))


@pytest.mark.parametrize(
    "rows", ([], [(1, None, "a")], [(1, Decimal("100"), "a"), (2, Decimal("200.5"), "b")])
)
def test_a_frame_comes_back_as_it_was(rows):
    frame = pd.DataFrame(rows, columns=["hour", "energy_wh", "part"])
    pd.testing.assert_frame_equal(sealed.unseal(KEY, "name", sealed.seal(KEY, "name", frame)), frame)


@pytest.mark.parametrize("place", (0, 31, 32, -1))
def test_one_changed_byte_is_enough(place):
    written = bytearray(sealed.seal(KEY, "name", "value"))
    written[place] ^= 1
    with pytest.raises(sealed.Broken):
        sealed.unseal(KEY, "name", bytes(written))


def test_another_key_another_name_or_too_little_is_not_believed():
    written = sealed.seal(KEY, "name", "value")
    for key, name, content in ((b"j" * 32, "name", written), (KEY, "nam", written), (KEY, "name", b"")):
        with pytest.raises(sealed.Broken):
            sealed.unseal(key, name, content)


def test_only_records_of_the_viewer_are_made_again():
    with pytest.raises(sealed.Broken):
        sealed.unseal(KEY, "name", sealed.seal(KEY, "name", Stranger("x")))


def test_a_pickle_in_the_cache_is_not_read(small, viewer, tmp_path):
    page = viewer.get()
    files = list((small.state / "cache" / "results").iterdir())
    assert files
    for path in files:
        path.write_bytes(struct.pack("I", int(time.time()) + 1000) + pickle.dumps(Trap()))
    assert Viewer().get().text == page.text
    assert not (tmp_path / "trapped").exists()


def test_no_file_of_the_cache_is_a_pickle(small, viewer):
    for path in ("/", "/users/5", "/sales", "/energy", "/?split=area"):
        assert viewer.get(path).status == 200
    for path in (small.state / "cache" / "results").iterdir():
        content = path.read_bytes()[4 + sealed.DIGEST_BYTES :]
        assert content[:1] in b'{["n0123456789', path
