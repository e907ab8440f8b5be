"""InfluxQL: a statement goes out, lines of JSON come back, each of them checked."""

import json
from collections.abc import Callable, Generator, Iterator
from typing import Any

from etl import sentences_of_archive as sentences
from etl.sources.influx_http import READ_BYTES, Http, told

# Points in a line of the answer, and so in memory: InfluxDB's own default.
LINE_POINTS = 10_000

Series = dict[str, Any]
Loads = Callable[[bytes], dict[str, Any]]


def series(
    http: Http, statement: str, what: str, loads: Loads = json.loads, method: str = "GET"
) -> Generator[Series]:
    """Ask one statement.

    Parameters
    ----------
    http : Http
        Whom.
    statement : str
        In InfluxQL.
    what : str
        What is asked for, for messages.
    loads : callable
        Reads a line; raises ValueError where it cannot.
    method : str
        POST for a statement that changes something.

    Yields
    ------
    dict
        A series, or a part of one: `tags`, `columns`, `values`.

    Raises
    ------
    SourceFailed
        If the answer does not come, is an error, breaks off, or is none of InfluxDB's. What was yielded
        before is then not whole.
    """
    is_whole = False
    for line in _lines(http, method, statement, what):
        try:
            answer = loads(line)
            results = [answer, *answer.get("results", ())]
            error = next((one["error"] for one in results if "error" in one), None)
            found = [series for one in results for series in one.get("series", ())]
            is_whole = not any(one.get("partial") for one in results)
        except (ValueError, TypeError, AttributeError):
            http.fail(what, sentences.NO_ANSWER + told(line), sentences.CHECK_URL)
        if error is not None:
            http.fail(what, str(error), sentences.SEE_INFLUX_LOG)
        yield from found
    if not is_whole:
        http.fail(what, sentences.ANSWER_CUT, sentences.RUN_AGAIN)


def quoted(name: str) -> str:
    """Write a name as an identifier of InfluxQL."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _lines(http: Http, method: str, statement: str, what: str) -> Iterator[bytes]:
    parameters = {"q": statement, "epoch": "ns", "chunked": "true", "chunk_size": str(LINE_POINTS)}
    with http.sending(method, "/query", parameters, what) as response:
        yield from _split(response.iter_content(READ_BYTES))


def _split(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Put lines together; `iter_lines` copies what it has of a long one again with each part."""
    begun: list[bytes] = []
    for part in parts:
        first, *others = part.split(b"\n")
        begun.append(first)
        for other in others:
            yield from filter(None, [b"".join(begun)])
            begun = [other]
    yield from filter(None, [b"".join(begun)])
