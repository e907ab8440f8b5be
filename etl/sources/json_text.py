"""Where the values stand in a text of JSON: they are cut out of it as they are."""

import json
import re
from collections.abc import Generator
from typing import Any

from etl import sentences_of_sources as sentences
from etl.sources.records import Record

SPACE = re.compile(r"[ \t\n\r]*")


def _refuse_constant(name: str) -> None:
    raise ValueError(sentences.NO_JSON % {"name": name})


# Only where values begin and end is taken from it: numbers stay text.
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse_constant)


def value_at(text: str, start: int) -> tuple[Any, int]:
    """The value that begins at `start`, and where it ends."""
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError:
        raise ValueError(sentences.TOO_DEEP) from None


def skip_space(text: str, place: int) -> int:
    """Where what follows the space at `place` begins."""
    found = SPACE.match(text, place)
    return found.end() if found else place


class Walk:
    """Goes through the text of a value; gives the records where the path leads, and where each value ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line, self._counted = 1, 0
        # How many times the path led to records: a name that stands twice is not guessed at.
        self.found = 0

    def value(self, place: int, path: list[str]) -> Generator[Record, None, int]:
        """Go through the value at `place`; give the records below `path` in it, and return its end."""
        first = self._text[place : place + 1]
        if first == "{" and path:
            return (yield from self._members(place + 1, path))
        if first == "[":
            return (yield from self._items(place + 1, path))
        end = value_at(self._text, place)[1]
        if first == "{":
            self.found += 1
            yield self._record(place, end)
        return end

    def _members(self, place: int, path: list[str]) -> Generator[Record, None, int]:
        place = skip_space(self._text, place)
        if self._text[place] == "}":
            return place + 1
        while True:
            self._expect('"', place)
            name, place = value_at(self._text, place)
            place = skip_space(self._text, self._expect(":", skip_space(self._text, place)))
            if name == path[0]:
                place = yield from self.value(place, path[1:])
            else:
                place = value_at(self._text, place)[1]
            place = skip_space(self._text, place)
            if self._text[place] == "}":
                return place + 1
            place = skip_space(self._text, self._expect(",", place))

    def _items(self, place: int, path: list[str]) -> Generator[Record, None, int]:
        self.found += not path
        place = skip_space(self._text, place)
        if self._text[place] == "]":
            return place + 1
        number = 0
        while True:
            if path and path[0] == str(number):
                place = yield from self.value(place, path[1:])
            else:
                end = value_at(self._text, place)[1]
                if not path:
                    yield self._record(place, end)
                place = end
            number += 1
            place = skip_space(self._text, place)
            if self._text[place] == "]":
                return place + 1
            place = skip_space(self._text, self._expect(",", place))

    def _expect(self, mark: str, place: int) -> int:
        if self._text[place] != mark:
            raise ValueError(sentences.MARK_MISSING % {"mark": mark, "place": place + 1})
        return place + 1

    def _record(self, place: int, end: int) -> Record:
        self._line += self._text.count("\n", self._counted, place)
        self._counted = place
        return Record(self._line, self._text[place:end])
