"""Damage that looks harmless: no reading may be booked to another user, and no line may be lost.

What the program says is compared with an oracle that reads line by line and shares no code with it.
"""

import itertools
import random
import re
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from etl.inbox import chunks
from etl.inbox.fields import Times
from etl.inbox.files import InboxFile
from etl.inbox.rejects import FileFault
from etl.readings.batch import Rules
from etl.readings.csv_files import Reader
from etl.readings.parse import parse
from tests.world import DAY

TOKYO = ZoneInfo("Asia/Tokyo")
USERS = (3, 5, 7, 12, 39)
ONE, MANY = ["datetime", "consumption"], ["user_id", "datetime", "consumption"]
ONE_LINE, MANY_LINE = (",".join(columns).encode() for columns in (ONE, MANY))
DAMAGE = [b"\r", b"\n", b"\r\n", b",", b" ", b'"', b"0", b"5", b"9", b"-", b":", b"."]
CLEAN = {
    "3.csv": ONE_LINE + b"\n2026-03-01 00:00:00,3.5\n2026-03-01 00:30:00,39\n2026-03-01 01:00:00,5\n",
    "5.csv": ONE_LINE + b"\r\n2026-03-01 00:00:00,5.25\r\n2026-03-01 00:30:00,7.0\r\n",
    "7.csv": ONE_LINE + b"\n2026-03-01 00:00:00,7.5\n2026-03-01 00:30:00,3",
    "12.csv": ONE_LINE + b"\r2026-03-01 00:00:00,12.5\r2026-03-01 00:30:00,5\r",
    "a.csv": MANY_LINE + b"\n3,2026-03-02 00:00:00,3\n5,2026-03-02 00:00:00,5\n39,2026-03-02 00:00:00,39\n",
    "b.csv": MANY_LINE + b"\n7,2026-03-02 00:00,7\n12,2026-03-02 00:00,12\n",
}  # fmt: skip

Files = dict[str, bytes]
# file -> the line numbers of its good readings with (user, time, energy), and of its bad lines
Verdict = dict[str, tuple[dict[int, tuple[int, datetime, Decimal]], set[int]]]

# Each looks harmless, and the numbers of lines or fields of all files together stay as they were.
HARMLESS = {
    "a blank line here and a lone CR there": {
        "3.csv": (b"00:30:00,39\n", b"00:30:00,39\n\n"),
        "7.csv": (b"7.5\n2026", b"7.5\r2026"),
    },
    "a blank line less and a line end more": {
        "3.csv": (b",39\n", b",39\n\n\n"),
        "5.csv": (b"5.25\r\n2026", b"5.252026"),
    },
    "a comma here and one missing there": {
        "3.csv": (b"00:30:00,39", b"00:30:00,,39"),
        "5.csv": (b"00:00:00,5.25", b"00:00:005.25"),
    },
    "a line broken in its energy": {"3.csv": (b",39\n", b",3\n9\n")},
    "a line broken after its comma": {"3.csv": (b",39\n", b",\n39\n"), "7.csv": (b"7.5\n", b"7.5,")},
    "two lines run together": {"3.csv": (b",39\n2026", b",392026")},
    "a quote that swallows a line end": {
        "3.csv": (b"2026-03-01 00:30:00,39\n", b'"2026-03-01 00:30:00,39\n')
    },
    "no line end at the end and one too many at the next": {
        "3.csv": (b"01:00:00,5\n", b"01:00:00,5"),
        "5.csv": (b"consumption\r\n", b"consumption\r\n\r\n"),
    },
    "a user's digit that slipped": {"a.csv": (b"\n39,", b"\n3,9,"), "b.csv": (b"\n12,", b"\n1\n2,")},
    "a line end inside an id": {"a.csv": (b"\n39,2026", b"\n3\n9,2026")},
    "CR CR LF": {"5.csv": (b"5.25\r\n", b"5.25\r\r\n")},
}


@pytest.mark.parametrize("damage", HARMLESS)
def test_harmless_looking_damage_books_nothing_to_another_user(world, damage):
    files = dict(CLEAN)
    for name, (old, new) in HARMLESS[damage].items():
        assert old in files[name]
        files[name] = files[name].replace(old, new, 1)
    through_the_command_line(world, files)


@pytest.mark.parametrize("seed", range(4))
def test_random_damage_through_the_command_line(world, seed):
    rng = random.Random(seed)
    files = dict(CLEAN)
    for _ in range(3):
        name = rng.choice([name for name in files if name[0].isdigit()] + ["a.csv"])
        start = rng.randrange(len(files[name]))
        files[name] = mutated(files[name], rng.choice("dir"), start, rng.choice(DAMAGE))
    through_the_command_line(world, files)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    damages=st.lists(
        st.tuples(
            st.sampled_from(sorted(CLEAN)),
            st.sampled_from("dirt"),
            st.integers(0, 200),
            st.sampled_from(DAMAGE),
        ),
        min_size=1,
        max_size=4,
    ),
    chunk=st.sampled_from([40, 100, chunks.CHUNK_BYTES]),
)
def test_random_damage_is_judged_line_by_line(tmp_path, monkeypatch, damages, chunk):
    """All files as one batch, whole and cut into many segments: the same verdict as one line at a time."""
    monkeypatch.setattr("etl.readings.csv_files.chunks", partial(chunks.chunks, size=chunk))
    files = dict(CLEAN)
    for name, kind, position, piece in damages:
        files[name] = mutated(files[name], kind, position % max(len(files[name]), 1), piece)
    # Whether a space may follow a closing quote is not this test's business.
    assume(not any(re.search(rb'" +(,|\r|\n|$)', content) for content in files.values()))
    assert parsed(tmp_path, files) == judged_all(files)


def through_the_command_line(world, files: Files) -> None:
    """Quarantine must keep what the oracle finds good, first come first served, and refuse the rest."""
    world.start(*(f"{user},a1,t1" for user in USERS))
    for name, content in files.items():
        world.put(f"consumption/{name}", content)
    result = world.run("--date", DAY, "--on-error", "quarantine")
    verdict = judged_all(files)
    first: dict[tuple[int, datetime], Decimal] = {}
    for name in sorted(verdict, key=reading_order):
        for _, (user, at, energy) in sorted(verdict[name][0].items()):
            first.setdefault((user, at), energy)
    stored = world.rows("SELECT user_id, (measured_at AT TIME ZONE 'Asia/Tokyo'), energy_wh FROM reading")
    assert {(user, at): energy for user, at, energy in stored} == first
    rejected = world.rows("SELECT file, line FROM rejected_row WHERE kind = 'reject' AND line IS NOT NULL")
    whole = {name for name, (_, bad) in verdict.items() if not header_of(files[name])}
    expected = {
        (f"consumption/{name}", n) for name, (_, bad) in verdict.items() for n in bad if name not in whole
    }
    assert set(rejected) == expected
    balance = result.unit("readings")
    assert balance["inserted"] == len(first)
    assert balance["read"] == sum(
        balance[kind] for kind in ("inserted", "identical", "conflicting", "rejected")
    )
    assert result.code == (1 if expected or whole else 0)
    world.verify()


def parsed(folder: Path, files: Files) -> Verdict:
    """What the program makes of the files, as one batch."""
    known = np.array(USERS, dtype=np.int64)
    reader = Reader(known, "utf-8", 1 << 30)
    rules = Rules(Times.until_now(TOKYO), known, "utf-8")
    segments, found = [], {name: ({}, set()) for name in files}
    names = dict(enumerate(files))
    for number, (name, content) in enumerate(files.items()):
        (folder / name).write_bytes(content)
        try:
            segments += reader.segments(InboxFile(folder, name), number, one_user=False)
        except FileFault as fault:
            assert fault.reason == "wrong_header"
            found[name][1].update(filled_lines(content))
    batch = parse(segments, rules)
    for row in batch.frame.itertuples():
        at = row.measured_at.tz_convert(TOKYO).tz_localize(None).to_pydatetime()
        assert row.line_no not in found[names[row.file_no]][0]
        found[names[row.file_no]][0][row.line_no] = (row.user_id, at, Decimal(row.energy) / 10**6)
    for reject in batch.rejects:
        found[reject.file][1].add(reject.line)
    assert batch.read == len(batch.frame) + len({(one.file, one.line) for one in batch.rejects})
    return found


def judged_all(files: Files) -> Verdict:
    return {name: judged(name, content) for name, content in files.items()}


def judged(name: str, content: bytes) -> tuple[dict[int, tuple[int, datetime, Decimal]], set[int]]:
    """The oracle: every physical line on its own."""
    header = header_of(content)
    good: dict[int, tuple[int, datetime, Decimal]] = {}
    bad = set(filled_lines(content))
    for number in bad if header else ():
        fields = split(physical_lines(content)[number - 1].decode())
        if fields is None or len(fields) != len(header):
            continue
        row = dict(zip(header, fields, strict=True))
        reading = value(row.get("user_id", name.partition(".")[0]), row["datetime"], row["consumption"])
        if reading:
            good[number] = reading
    return good, bad - set(good)


def header_of(content: bytes) -> list[str] | None:
    """The columns, if they are those of a consumption file."""
    columns = split(physical_lines(content)[0].decode())
    return columns if columns and sorted(columns) in (sorted(ONE), sorted(MANY)) else None


def physical_lines(content: bytes) -> list[bytes]:
    return re.split(rb"\r\n|\r|\n", content)


def filled_lines(content: bytes) -> list[int]:
    """The numbers of the lines behind the header that are not blank."""
    return [n for n, line in enumerate(physical_lines(content), 1) if n > 1 and line.strip()]


def split(line: str) -> list[str] | None:
    """Fields of a line as RFC 4180 has them, blanks around them dropped; None if a quote is out of place."""
    fields, rest = [], line
    while True:
        rest = rest.lstrip(" ")
        quoted = re.match(r'"((?:[^"]|"")*)"(,|$)', rest)
        plain = re.match(r"([^,]*)(,|$)", rest)
        if rest.startswith('"') and not quoted:
            return None
        found = quoted or plain
        fields.append(found[1].replace('""', '"').strip(" ") if quoted else found[1].strip(" "))
        rest = rest[found.end() :]
        if not found[2]:
            return fields


def value(user: str, time: str, energy: str) -> tuple[int, datetime, Decimal] | None:
    """The reading, or None: nothing is guessed."""
    shape = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6})0*)?)?", time)
    if not shape or not re.fullmatch(r"\d{1,12}(\.\d{1,6})?", energy) or user not in map(str, USERS):
        return None
    year, month, day, hour, minute, second, fraction = shape.groups()
    try:
        at = datetime(
            *map(int, (year, month, day, hour, minute, second or 0)), int((fraction or "").ljust(6, "0"))
        )
    except ValueError:
        return None
    ends = datetime.now(TOKYO).replace(tzinfo=None, hour=23, minute=59, second=59, microsecond=999_999)
    return (int(user), at, Decimal(energy)) if datetime(1970, 1, 1) <= at <= ends else None


def mutated(content: bytes, kind: str, position: int, piece: bytes) -> bytes:
    """Delete a byte, insert or repeat something, or cut the end off."""
    before, after = content[:position], content[position:]
    return {
        "d": before + after[1:],
        "i": before + piece + after,
        "r": before + after[:20] + after,
        "t": before,
    }[kind]


def reading_order(name: str) -> tuple[bool, int, str]:
    stem = name.partition(".")[0]
    return (not stem.isdigit(), int(stem) if stem.isdigit() else 0, name)


def test_the_oracle_itself():
    assert judged("3.csv", CLEAN["3.csv"] + b"\n x,1\r\r\n")[1] == {6}
    assert [len(judged(name, content)[0]) for name, content in CLEAN.items()] == [3, 2, 2, 2, 3, 2]
    assert split('"a,""b", c ,') == ['a,"b', "c", ""]
    assert split('"a"b,c') is None
    assert list(itertools.chain(*(judged(name, content)[1] for name, content in CLEAN.items()))) == []
