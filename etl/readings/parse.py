"""Segments of consumption files as one frame of readings, plus what is refused. No database here.

There are two roads with one result. The fast one takes only segments in which every single line
has the plainest shape (`2016-07-15 00:30:00,147.0`), joins many of them and parses all at once.
Whatever is not proven plain goes line by line, and only that road refuses anything: so there is
one place that decides what is bad.
"""

import re
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv

from etl.inbox.chunks import LINES_BETWEEN_CHECKS, LONGEST_LINE
from etl.inbox.fields import BadField, energy, every, split, user_id
from etl.inbox.headers import MANY_USERS, ONE_USER
from etl.inbox.rejects import Reject
from etl.readings.batch import Batch, Rules
from etl.readings.csv_files import Segment, is_known

Check = Callable[[], None]
ENERGY = pa.decimal128(18, 6)
# Two days, in microseconds: no zone is further from UTC.
NEAR = 2 * 86_400 * 1_000_000
DIGITS = bytes.maketrans(b"123456789", b"000000000")
PLAIN_LINE = rb"0000-00-00[ T]00:00(:00)?,0{1,12}(\.0{1,6})?"
PLAIN_LINES: dict[tuple[str, ...], re.Pattern[bytes]] = {
    ONE_USER: re.compile(PLAIN_LINE),
    MANY_USERS: re.compile(rb"0{1,19}," + PLAIN_LINE),
}
ARROW_TYPES = {"user_id": pa.int64(), "datetime": pa.timestamp("us"), "consumption": ENERGY}


def parse(segments: list[Segment], rules: Rules, check: Check = lambda: None) -> Batch:
    """Turn segments into readings.

    Parameters
    ----------
    segments : list of Segment
        Of any files, in any layout.
    rules : Rules
        What is allowed.
    check : callable
        Called often while lines are parsed one by one; may raise to stop.

    Returns
    -------
    Batch
        The same for both roads.
    """
    frames: list[pd.DataFrame] = []
    slow: list[Segment] = []
    for columns in (ONE_USER, MANY_USERS):
        group = [(one, _with_line_feeds(one.data)) for one in segments if one.layout.columns == columns]
        text = b"".join(text for _, text in group)
        # All at once first: that some line is not plain is rare.
        if group and not _is_plain(text, columns):
            plain = [_is_plain(text, columns) for _, text in group]
            slow += [one for (one, _), good in zip(group, plain, strict=True) if not good]
            group = [pair for pair, good in zip(group, plain, strict=True) if good]
            text = b"".join(text for _, text in group)
        slow += _parse_together(group, text, rules, frames) if group else []
    slow += [one for one in segments if one.layout.columns not in PLAIN_LINES]
    read = sum(len(frame) for frame in frames)
    rejects: list[Reject] = []
    for segment in slow:
        by_line = parse_by_line(segment, rules, check)
        frames.append(by_line.frame)
        rejects += by_line.rejects
        read += by_line.read
    frame = pd.concat(frames, ignore_index=True) if frames else _frame([], [], [], [], [])
    if len(frames) > 1:
        frame = frame.sort_values(["file_no", "line_no"], ignore_index=True)
    return Batch(frame, read, rejects)


def parse_by_line(segment: Segment, rules: Rules, check: Check = lambda: None) -> Batch:
    """Parse every line of a segment on its own and name the bad ones."""
    rows: list[tuple[int, int, int, Decimal]] = []
    rejects: list[Reject] = []
    bad_lines = 0
    for line_no, raw in enumerate(segment.data.splitlines(), segment.first_line):
        if line_no % LINES_BETWEEN_CHECKS == 0:
            check()
        if not raw.strip():
            continue
        try:
            rows.append((line_no, *_parse_line(raw, segment, rules)))
        except BadField as bad:
            bad_lines += 1
            rejects += [
                Reject.of_line(segment.name, line_no, raw, reason, rules.encoding) for reason in bad.reasons
            ]
    lines, users, times, values = zip(*rows, strict=True) if rows else ((), (), (), ())
    frame = _frame([segment.file_no] * len(rows), lines, users, times, values)
    return Batch(frame, len(rows) + bad_lines, rejects)


def _with_line_feeds(data: bytes) -> bytes:
    text = data.replace(b"\r\n", b"\n") if b"\r" in data else data
    return text if text.endswith(b"\n") else text + b"\n"


def _is_plain(text: bytes, columns: tuple[str, ...]) -> bool:
    """Whether every line has the plain shape.

    Counting lines or commas can agree by accident; the shapes of all lines cannot.
    """
    if columns == MANY_USERS and b"\n0" in b"\n" + text:
        return False
    shapes = set(text.translate(DIGITS).split(b"\n")[:-1])
    return all(PLAIN_LINES[columns].fullmatch(one) for one in shapes)


def _parse_together(
    group: list[tuple[Segment, bytes]], text: bytes, rules: Rules, frames: list[pd.DataFrame]
) -> list[Segment]:
    """Parse plain segments of one layout at once; return those that need a closer look."""
    try:
        table = csv.read_csv(
            pa.py_buffer(text),
            csv.ReadOptions(column_names=group[0][0].layout.columns),
            csv.ParseOptions(quote_char=False),
            csv.ConvertOptions(column_types=ARROW_TYPES, null_values=[]),
        )
    except pa.ArrowInvalid:
        # A thirteenth month or a 31st of June somewhere: halve until the segment is found.
        if len(group) == 1:
            return [group[0][0]]
        halves = group[: len(group) // 2], group[len(group) // 2 :]
        parsed = [_parse_together(half, b"".join(one for _, one in half), rules, frames) for half in halves]
        return parsed[0] + parsed[1]
    frame, doubtful = _checked(table, group, rules)
    frames.append(frame)
    return [group[place][0] for place in doubtful]


def _checked(
    table: pa.Table, group: list[tuple[Segment, bytes]], rules: Rules
) -> tuple[pd.DataFrame, list[int]]:
    """The rows of all segments without fault, and the places of the others in `group`."""
    counts = np.array([text.count(b"\n") for _, text in group])
    place = np.repeat(np.arange(len(group)), counts)
    starts = np.cumsum(counts) - counts
    first_lines = np.array([segment.first_line for segment, _ in group])
    line_no = np.arange(len(place)) + np.repeat(first_lines - starts, counts)
    if group[0][0].layout.columns == MANY_USERS:
        users = table["user_id"].to_numpy()
    else:
        users = np.repeat(np.array([segment.layout.user_id for segment, _ in group]), counts)
    times = table["datetime"].to_numpy()
    # What is far out of range need not be localized, and at the ends of the calendar could not be.
    microseconds = times.view("int64")
    far = (microseconds < rules.times.earliest - NEAR) | (microseconds >= rules.times.end + NEAR)
    local = pd.DatetimeIndex(np.where(far, np.datetime64("NaT"), times) if far.any() else times)
    measured_at = local.tz_localize(rules.times.zone, ambiguous="NaT", nonexistent="NaT").tz_convert("UTC")
    instant = measured_at.asi8
    bad = measured_at.isna() | (instant < rules.times.earliest) | (instant >= rules.times.end)
    if group[0][0].layout.columns == MANY_USERS:
        bad |= ~np.isin(users, rules.known_ids)
    doubtful = np.unique(place[bad])
    file_no = np.repeat(np.array([segment.file_no for segment, _ in group]), counts)
    frame = _frame(file_no, line_no, users, measured_at, table["consumption"])
    return (frame[~np.isin(place, doubtful)] if len(doubtful) else frame), doubtful.tolist()


def _parse_line(raw: bytes, segment: Segment, rules: Rules) -> tuple[int, int, Decimal]:
    if len(raw) > LONGEST_LINE:
        raise BadField("line_too_long")
    try:
        fields = split(raw.decode(rules.encoding))
    except UnicodeDecodeError:
        raise BadField("undecodable") from None
    if len(fields) != len(segment.layout.columns):
        raise BadField("wrong_fields")
    row = dict(zip(segment.layout.columns, fields, strict=True))
    try:
        user = segment.layout.user_id or _user(row["user_id"], rules)
        return user, rules.times.parse(row["datetime"]), energy(row["consumption"])
    except BadField:
        # `every` takes longer: only to name all faults of a line that has one.
        of_user = [(_user, row["user_id"], rules)] if "user_id" in row else []
        every(*of_user, (rules.times.parse, row["datetime"]), (energy, row["consumption"]))
        raise


def _user(text: str, rules: Rules) -> int:
    user = user_id(text)
    if not is_known(rules.known_ids, user):
        raise BadField("unknown_user")
    return user


def _frame(file_no, line_no, users, times, values) -> pd.DataFrame:
    measured_at = (
        times
        if isinstance(times, pd.DatetimeIndex)
        else pd.DatetimeIndex(np.array(times, dtype="datetime64[us]"), tz="UTC")
    )
    units = _millionths(values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values], ENERGY))
    return pd.DataFrame(
        {
            "file_no": np.asarray(file_no, dtype=np.int32),
            "line_no": np.asarray(line_no, dtype=np.int64),
            "user_id": np.asarray(users, dtype=np.int64),
            "measured_at": measured_at,
            "energy": units,
        },
        copy=False,
    )


def _millionths(column: pa.ChunkedArray) -> np.ndarray:
    """The lower halves of 16-byte decimals: 18 digits fit, and none is negative."""
    parts = [
        np.frombuffer(chunk.buffers()[1], dtype="<i8").reshape(-1, 2)[chunk.offset :][: len(chunk), 0]
        for chunk in column.chunks
        if len(chunk)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
