"""Why a run failed, in the reader's language: sentences that are known here; what is not stays English.

The history keeps a run's error summary as the batch wrote it, and so do logs, alerts and the API.
"""

import re

from flask_babel import gettext as _
from flask_babel import pgettext

from etl.inbox.rejects import REASONS

# Marks a text for translation.
N_ = str
PLACEHOLDER = re.compile(r"%\\\((\w+)\\\)s")
PHRASES = (
    N_("%(unit)s rolled back: "),
    N_("%(unit)s loaded but for "),
    N_("%(count)s faults (%(kinds)s); first: "),
    N_("1 fault (%(kinds)s); first: "),
    N_(
        "user_data.csv would depart %(departed)s of %(current)s users: it must list ALL current users;"
        " if this is meant, run again with --allow-shrink"
    ),
    N_(
        "out_of_order: user_data.csv is for %(day)s, but users changed on %(newest)s already;"
        " run it with --date %(newest)s or later"
    ),
    N_(
        "these readings need more than %(most)s new partitions; if the dates are right,"
        " raise MAX_NEW_PARTITIONS and run again"
    ),
    N_("abandoned: its process ended without a word; the next run takes up what was left"),
    N_("abandoned: its process ended without a word; the next run took up what was left"),
    N_("abandoned: another run of this job began before its process did; ask for it again"),
    N_("abandoned: no process took it up within %(seconds)s s; see triggered.log in LOG_DIR"),
    N_("interrupted after the commit: the data is in; the next run takes up files that are left, as repeats"),
    N_("the connection to the database was lost; nothing of this run was kept, run it again"),
    N_(
        "the connection was lost during the commit: whether it took effect is not known yet;"
        " run it again, nothing is loaded twice"
    ),
    N_(
        "the connection was lost after the commit: the data is in;"
        " the next run takes up the files, as repeats"
    ),
    N_("this run was marked as ended by somebody else; nothing of it was kept"),
    *REASONS.values(),
)


def translated(summary: str) -> str:
    """Say an error summary in the reader's language.

    Parameters
    ----------
    summary : str
        As the history has it.
    """
    if summary == "interrupted":
        return pgettext("error of a run", "interrupted")
    for phrase, pattern in PATTERNS.items():
        summary = pattern.sub(lambda found, phrase=phrase: _say(phrase, found.groupdict()), summary)
    return summary


def _say(phrase: str, found: dict[str, str]) -> str:
    if "unit" in found:
        found["unit"] = _unit(found["unit"])
    return _(phrase, **found)


def _unit(name: str) -> str:
    known = {
        "users": pgettext("unit", "users"),
        "readings": pgettext("unit", "readings"),
        "orders": pgettext("unit", "orders"),
        "sales": pgettext("unit", "sales"),
    }
    return known.get(name, name)


def _pattern(phrase: str) -> re.Pattern[str]:
    """Take any value for a placeholder, and the same again for one that stands there twice."""
    seen: set[str] = set()

    def group(found: re.Match[str]) -> str:
        name = found[1]
        again = name in seen
        seen.add(name)
        return f"(?P={name})" if again else rf"(?P<{name}>[^\s;:()][^;:()]*?)"

    return re.compile(PLACEHOLDER.sub(group, re.escape(phrase)))


PATTERNS = {phrase: _pattern(phrase) for phrase in PHRASES}
