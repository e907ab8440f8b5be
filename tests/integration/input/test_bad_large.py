"""Large and packed files: nothing of a bad one stays, and memory stays flat."""

import gzip
import os
import re
import subprocess
import sys
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from etl.inbox import chunks
from etl.inbox.headers import LAYOUTS, SIZE_LIMITS
from tests.world import DAY, World

ROOT = Path(__file__).resolve().parents[3]
GOOD = "2026-03-01 00:00:00,1.5"
ONE, MANY = "datetime,consumption\n", "user_id,datetime,consumption\n"
POLICIES = ("abort", "quarantine")
MB = 1 << 20
# Not getrusage: that one counts what the parent had when it started the process.
MEASURED = """
import sys
from etl.main import main
code = main(sys.argv[1:])
print(open("/proc/self/status").read())
sys.exit(code)
"""


@pytest.fixture
def five(world):
    """User 5 is registered, the inbox is empty."""
    world.start("5,a1,t1")
    return world


@pytest.fixture
def small_pieces(monkeypatch):
    """Segments of 4 kB and batches of 16 kB, as if the files were 500 times as large."""
    monkeypatch.setattr("etl.readings.csv_files.chunks", partial(chunks.chunks, size=4_096))
    monkeypatch.setattr("etl.readings.batches.BATCH_BYTES", 16_384)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("damage", ["no gzip", "cut off", "half", "bit", "garbage behind", "text behind"])
def test_of_a_damaged_gzip_nothing_stays(five, damage, policy):
    whole = gzip.compress(
        f"{MANY}{''.join(f'5,2026-03-01 {h:02}:00,{h}{chr(10)}' for h in range(24))}".encode()
    )
    content = {
        "no gzip": gzip.decompress(whole),
        "cut off": whole[:-4],
        "half": whole[: len(whole) // 2],
        "bit": whole[:30] + bytes([whole[30] ^ 255]) + whole[31:],
        "garbage behind": whole + b"garbage",
        "text behind": whole + f"5,{GOOD}\n".encode(),
    }[damage]
    (five.data / "consumption/many.csv.gz").write_bytes(content)
    five.put_readings(5, GOOD)
    result = five.run("--date", DAY, "--on-error", policy)
    assert result.code == 1
    assert [(file, line, reason) for file, line, _, reason in five.rejected()] == [
        ("consumption/many.csv.gz", None, "bad_gzip")
    ]
    assert len(five.readings()) == (1 if policy == "quarantine" else 0)
    balance = result.unit("readings")
    assert balance["read"] == balance["rejected"] + 1
    five.verify()


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("damage", ["cut off", "bomb", "bit"])
@pytest.mark.usefixtures("small_pieces")
def test_of_a_large_file_that_turns_out_bad_nothing_stays(five, damage, policy):
    """Batches of it were loaded, with a partition, a conflict and a bad line, before the fault was found."""
    rows = [f"5,{day},{n}" for n, day in enumerate(minutes(4_000))]
    packed = gzip.compress("\n".join([MANY.rstrip(), f"5,{GOOD}", "bad", *rows]).encode())
    content = {
        "cut off": packed[:-5],
        "bit": packed[:-8] + bytes(8),
        "bomb": packed + gzip.compress(b"x" * MB * 2),
    }[damage]
    (five.data / "consumption/many.csv.gz").write_bytes(content)
    five.put_readings(5, "2026-03-01 00:00:00,1")
    five.put("consumption/z.csv", f"{MANY}5,2026-03-02 00:00,2\n")
    five.set(MAX_EXPANDED_MB="1")
    before = five.dump()
    result = five.run("--date", DAY, "--on-error", policy)
    assert result.code == 1
    reason = "file_too_large" if damage == "bomb" else "bad_gzip"
    assert [(file, line, found) for file, line, _, found in five.rejected()] == [
        ("consumption/many.csv.gz", None, reason)
    ]
    balance = result.unit("readings")
    assert balance["rejected"] == five.value("SELECT line_count FROM rejected_row")
    assert balance["rejected"] > 3_900, "the lines that were read of it, the last batch included"
    assert (balance["read"], balance["inserted"]) == (balance["rejected"] + 2, 2)
    if policy == "abort":
        assert five.dump() == before
        assert five.inbox() == ["consumption/5.csv", "consumption/many.csv.gz", "consumption/z.csv"]
    else:
        assert [wh for _, _, wh in five.readings()] == ["1", "2"]
        assert five.moved("rejected") == ["consumption/many.csv.gz"]
        assert five.value("SELECT count(*) FROM reading_partition") == 1
    five.verify()


@pytest.mark.usefixtures("small_pieces")
def test_a_large_file_with_bad_lines_keeps_the_good_ones_with_their_numbers(five):
    rows = [f"5,{day},{n}" for n, day in enumerate(minutes(3_000))]
    bad = dict.fromkeys((2, 700, 1500, 2999), "x," * 30)
    for number, row in bad.items():
        rows.insert(number - 2, row)
    five.put("consumption/many.csv", "\r\n".join([MANY.rstrip(), *rows]))
    result = five.run("--date", DAY, "--on-error", "quarantine")
    assert [line for _, line, _, _ in five.rejected()] == list(bad)
    assert result.unit("readings")["inserted"] == 3_000
    five.verify()


@pytest.mark.parametrize("policy", POLICIES)
def test_a_gzip_that_expands_without_end_is_bounded(five, policy):
    """A GB of zeros in one MB; the limit is one MB."""
    bomb = gzip.compress(f"{ONE}{GOOD}\n".encode()) + gzip.compress(bytes(64 * MB), 1) * 16
    (five.data / "consumption/5.csv.gz").write_bytes(bomb)
    five.put("consumption/z.csv", f"{MANY}5,2026-03-02 00:00,2\n")
    five.set(MAX_EXPANDED_MB="1")
    result = five.tell("--date", DAY, "--on-error", policy)
    assert result.code == 1
    assert "consumption/5.csv.gz: file_too_large:" in result.out
    assert "MAX_EXPANDED_MB" in result.out
    assert five.rejected() == [("consumption/5.csv.gz", None, "", "file_too_large")]
    assert len(five.readings()) == (1 if policy == "quarantine" else 0)


@pytest.mark.parametrize(
    ("header", "name"),
    [(ONE, "consumption/5.csv"), (MANY, "consumption/x.csv"), ("", "consumption/5.csv")],
    ids=["one", "many", "header"],
)
def test_a_line_of_30_mb_is_one_fault_and_the_next_line_is_read(five, header, name):
    next_line = f"5,{GOOD}" if "x" in name else GOOD
    five.put(name, f"{header}{'7' * 30 * MB}\r\n{next_line}\r\n")
    result = five.run("--date", DAY, "--on-error", "quarantine")
    assert result.code == 1
    (found,) = five.rejected()
    if header:
        assert found == (name, 2, "7" * 200 + "…", "line_too_long")
        assert result.unit("readings")["inserted"] == 1
    else:
        assert found[1:] == (None, "7" * 200 + "…", "wrong_header")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("length", range(chunks.LONGEST_LINE, chunks.LONGEST_LINE + 12))
def test_behind_an_overlong_line_no_line_is_lost_wherever_the_cut_falls(end, length):
    """Whatever falls on the boundary of two reads, the line's end included."""
    text = f"head{end}{'x' * length}{end}one{end}two{end}".encode()
    for size in (4, 7, 4_096):
        pieces = list(chunks.chunks(BytesIO(text), size))
        found = [(p.first_line + n, row) for p in pieces for n, row in enumerate(p.data.splitlines())]
        assert [number for number, _ in found] == [1, 2, 3, 4]
        assert [found[0][1], found[2][1], found[3][1]] == [b"head", b"one", b"two"]


@pytest.mark.parametrize(
    ("name", "header", "large", "most"),
    [("consumption/x.csv", MANY, 100, 96), ("user_data.csv", "id,area,tariff\n", 31, 28)],
)
def test_a_line_of_many_mb_does_not_take_as_many(five, name, header, large, most):
    """A line of zero bytes, which costs no disk; measured against the same line of 1 MB."""
    peaks = []
    for size in (1, large):
        with (five.data / name).open("wb") as file:
            file.write(header.encode())
            file.truncate(size * MB)
        code, peak = run_and_measure(five)
        assert code == 1
        peaks.append(peak)
    assert {row[3] for row in five.rejected()} == {"line_too_long"}
    assert peaks[1] - peaks[0] < most, f"{peaks} MB at most"


@pytest.mark.parametrize("name", SIZE_LIMITS)
def test_a_master_or_user_file_has_a_size_limit(five, name):
    """They are taken in one piece. A file of zero bytes costs no disk."""
    header = ",".join(*LAYOUTS[name]) + "\n"
    five.put(name, header)
    os.truncate(five.data / name, SIZE_LIMITS[name] + 1)
    result = five.tell("--date", DAY)
    assert result.code == 1
    size = SIZE_LIMITS[name] + 1
    assert five.rejected() == [(name, None, f"{size} bytes", "file_too_large")]
    assert f"this file may have {SIZE_LIMITS[name] >> 20} MB at most" in result.out
    row = b"5,a1,t1" if name == "user_data.csv" else b"a1"
    five.put(name, header.encode() + row + b" " * (SIZE_LIMITS[name] % 60_000) + b"\n" * 10)
    assert five.run("--date", DAY).code == 0


def run_and_measure(world: World) -> tuple[int, int]:
    """Exit code and peak memory, in MB, of the batch as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "--date", DAY],
        cwd=world.root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        text=True,
    )
    return done.returncode, int(re.search(r"VmHWM:\s+(\d+) kB", done.stdout)[1]) // 1024


def minutes(count: int) -> list[str]:
    """So many times, one a minute, from another month on than the other readings."""
    return [f"2026-01-{1 + n // 1440:02} {n // 60 % 24:02}:{n % 60:02}" for n in range(count)]
