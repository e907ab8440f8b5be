"""Why something failed or was refused, in the reader's language: what is not known here stays English."""

import re
from functools import cache
from gettext import NullTranslations

from etl import sentences, sentences_of_archive, sentences_of_sources
from etl.inbox import headers, rejects

PLACEHOLDER = re.compile(r"%\\\((\w+)\\\)s")
NUMBER, NAME, ANY, PLAIN = r"[\d,.]+", "[a-z_]+", ".+?", r"[^\s;:()][^;:()]*?"
TIME = r"\d[-\d]+T[:\d]+Z"
# Of an address, which has colons in it: as far as it goes.
WORD = r"\S+"
VALUES = {
    **dict.fromkeys(
        ("count", "departed", "current", "most", "seconds", "left", "megabytes", "days", "place"), NUMBER
    ),
    **dict.fromkeys(("unit", "job", "field"), NAME),
    **dict.fromkeys(("reason", "what", "begun", "stored_last", "found_last", "url"), ANY),
    **dict.fromkeys(("address", "coding", "header", "source"), ANY),
    **dict.fromkeys(("since", "until", "moment"), TIME),
    **dict.fromkeys(("target", "mark"), WORD),
}


def known() -> list[str]:
    """List what can be said in other languages, the longest first: a short one may be part of it."""
    modules = (sentences, sentences_of_archive, sentences_of_sources)
    constants = [pair for module in modules for pair in vars(module).items()]
    of_runs = [text for name, text in constants if name.isupper() and isinstance(text, str)]
    of_files = (rejects.REASONS, rejects.OF_FILE, headers.SIGNS, headers.DELIMITERS)
    texts = {
        *of_runs,
        *sentences.OF_CHECKS,
        *sentences.OF_VERIFY,
        *(text for table in of_files for text in table.values()),
        rejects.AT_MOST,
    }
    return sorted(texts, key=lambda text: (-len(text), text))


def in_words(summary: str, texts: NullTranslations) -> str:
    """Say a sentence, or several in a row, in the reader's language.

    Parameters
    ----------
    summary : str
        As the history has it.
    texts : NullTranslations
        Of that language.
    """
    if summary == "interrupted":
        return texts.pgettext("error of a run", "interrupted")
    for phrase, pattern in patterns().items():
        summary = pattern.sub(lambda found, phrase=phrase: _say(phrase, found.groupdict(), texts), summary)
    return summary


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Give the pattern of each known phrase; made once one is needed, for most runs need none."""
    return {phrase: _pattern(phrase) for phrase in known()}


def unit(name: str, texts: NullTranslations) -> str:
    """Name a unit of work.

    Parameters
    ----------
    name : str
        As a run's balance has it; one that is not known here stays as it is.
    texts : NullTranslations
        Of the reader's language.
    """
    known_units = {
        "masters": texts.pgettext("unit", "masters"),
        "users": texts.pgettext("unit", "users"),
        "readings": texts.pgettext("unit", "readings"),
        "orders": texts.pgettext("unit", "orders"),
        "sales": texts.pgettext("unit", "sales"),
        "archive": texts.pgettext("unit", "archive"),
        "points": texts.pgettext("unit", "points"),
        "records": texts.pgettext("unit", "records"),
    }
    return known_units.get(name, name)


def _say(phrase: str, found: dict[str, str], texts: NullTranslations) -> str:
    if "unit" in found:
        found["unit"] = unit(found["unit"], texts)
    return texts.gettext(phrase) % found if found else texts.gettext(phrase)


def _pattern(phrase: str) -> re.Pattern[str]:
    """Take values for placeholders, and the same again for one that stands there twice; begin with a word."""
    seen: set[str] = set()

    def group(found: re.Match[str]) -> str:
        name = found[1]
        again = name in seen
        seen.add(name)
        return f"(?P={name})" if again else f"(?P<{name}>{VALUES.get(name, PLAIN)})"

    # A value at the end goes as far as the sentence does, a word to its last letter.
    ends = "(?=$|[;:)。])" if phrase.endswith(")s") else r"\b" if phrase[-1].isalpha() else ""
    return re.compile(r"(?<![^\s:;('])" + PLACEHOLDER.sub(group, re.escape(phrase)) + ends)
