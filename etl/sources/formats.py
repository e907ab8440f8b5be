"""The records in a body of JSON, NDJSON or CSV, each as a text of JSON: no number becomes a float."""

import csv
import json
from collections.abc import Iterator
from io import StringIO
from json import JSONDecodeError
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from etl import sentences_of_sources as sentences
from etl.sources.json_text import Walk, skip_space, value_at
from etl.sources.records import BadBody, BadRecord, Record

SHOWN = 200


Records = Iterator[Record | BadRecord]


def _pointer(text: str) -> str:
    if text and not text.startswith("/"):
        raise ValueError(sentences.NO_POINTER)
    return text


class Format(BaseModel):
    """How a body is read, and what becomes of faults in it.

    Attributes
    ----------
    format : str
        `json`, `ndjson` or `csv`.
    encoding : str
        `utf-8` (with or without BOM) or `cp932`.
    records : str
        JSON only: the pointer (RFC 6901) to the array of records, or to the only one; empty: the whole body.
    on_error : str
        `abort`: one fault and nothing is kept; `quarantine`: what is good is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["json", "ndjson", "csv"] = "json"
    encoding: Literal["utf-8", "cp932"] = "utf-8"
    records: Annotated[str, Field(max_length=255), AfterValidator(_pointer)] = ""

    on_error: Literal["abort", "quarantine"] = "abort"

    @model_validator(mode="after")
    def _pointer_into_json(self) -> Self:
        if self.records and self.format != "json":
            raise ValueError(sentences.POINTER_ELSEWHERE % {"format": self.format})
        return self


def read(body: bytes, form: Format) -> Records:
    """Read the records of a body.

    Parameters
    ----------
    body : bytes
        As it was fetched.
    form : Format
        What it is.

    Yields
    ------
    Record or BadRecord

    Raises
    ------
    BadBody
        wrong_encoding, bad_json, no_records, wrong_header or wrong_fields; what was given before counts for
        nothing.
    """
    try:
        text = body.decode("utf-8-sig" if form.encoding == "utf-8" else form.encoding)
    except UnicodeDecodeError as error:
        raise BadBody("wrong_encoding", f"byte {error.start + 1}") from None
    if form.format == "json":
        yield from _json(text, form.records)
    elif form.format == "ndjson":
        yield from _ndjson(text)
    else:
        yield from _csv(text)


def _ndjson(text: str) -> Records:
    for number, line in enumerate(text.split("\n"), 1):
        value = line.strip(" \t\r")
        if not value:
            continue
        try:
            whole = value_at(value, 0)[1] == len(value)
        except ValueError:
            whole = False
        yield Record(number, value) if whole else BadRecord(number, value[:SHOWN], "bad_json")


def _csv(text: str) -> Records:
    lines = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        header = next(lines, [])
        if not all(header) or len({*header}) < max(len(header), 1):
            raise BadBody("wrong_header", ",".join(header)[:SHOWN])
        begin = lines.line_num + 1
        for row in lines:
            if len(row) == len(header):
                yield Record(begin, json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False))
            elif row:
                yield BadRecord(begin, ",".join(row)[:SHOWN], "wrong_fields")
            begin = lines.line_num + 1
    except csv.Error as error:
        raise BadBody("wrong_fields", f"line {lines.line_num}: {error}") from None


def _json(text: str, pointer: str) -> Records:
    """Walk to the records and past them to the end: only then all of the body is known to be JSON."""
    path = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    walk = Walk(text)
    try:
        place = yield from walk.value(skip_space(text, 0), path)
    except IndexError:
        raise BadBody("bad_json", sentences.CUT_OFF) from None
    except JSONDecodeError as error:
        raise BadBody("bad_json", sentences.AT_CHARACTER % {"place": error.pos + 1} + error.msg) from None
    except ValueError as error:
        raise BadBody("bad_json", str(error)) from None
    if skip_space(text, place) != len(text):
        raise BadBody("bad_json", sentences.MORE_VALUES % {"place": place + 1})
    if walk.found != 1:
        raise BadBody("no_records", pointer)
