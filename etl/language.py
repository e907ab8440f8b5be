"""The language of the console: LANGUAGE, LC_ALL, LC_MESSAGES or LANG. Logs, JSON and alerts stay English."""

import gettext
import os
from itertools import takewhile
from pathlib import Path

DOMAIN = "console"
FOLDER = Path(__file__).with_name("translations")
VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
ENGLISH = ("en", "C", "POSIX")
# Marks a text for translation where it is written; it is translated where it is shown.
N_ = str


def texts() -> gettext.NullTranslations:
    """Give the texts in the language of the console; English where nothing else is asked for, or known."""
    wanted = next(filter(None, map(os.environ.get, VARIABLES)), "")
    # Whoever names English first wants no later language, although there is no catalog of it.
    languages = [*takewhile(lambda one: not one.startswith(ENGLISH), wanted.split(":"))]
    return gettext.translation(DOMAIN, FOLDER, languages, fallback=True)
