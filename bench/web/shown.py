"""What a page shows, read back from its HTML: for comparing pages, not for measuring."""

import html
import re

from bench.web.servers import Answer

USER = 1
# A day long before all readings: it changes the address and nothing that is shown.
PAGES = (
    "/?start_date={day}",
    "/?start_date={day}&split=area&sort=-energy",
    f"/users/{USER}?start_date={{day}}",
    f"/?start_date={{day}}&measure=total&q={USER}&sort=-last_reading",
)
Figures = dict[str, str]


class NotShown(Exception):
    """The page is an error, or lacks what it should show."""


def read(answer: Answer, path: str) -> Figures:
    """Read the figures of a page.

    Parameters
    ----------
    answer : Answer
        The response, not compressed.
    path : str
        Where it came from.

    Returns
    -------
    dict
        By name: readings and energy of all, total of one user in the table, or his own page's figures.

    Raises
    ------
    NotShown
        If the status is not 200 or a figure is missing.
    """
    if answer.status != 200:
        raise NotShown(f"status {answer.status}: {_text(answer.body.decode())[:300]}")
    text = answer.body.decode()
    terms = {
        _text(term): _text(shown)
        for term, shown in re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", text, re.DOTALL)
    }
    if path.startswith("/users/"):
        notes = re.findall(r"([\d,]+) readings", _text(text))
        return {
            "user": _one(terms, "Energy", path),
            "user's readings": _one({"n": "".join(notes[:1])}, "n", path),
        }
    found = {"readings": _one(terms, "Readings", path), "energy": _one(terms, "Energy", path)}
    row = re.search(rf'<a href="/users/{USER}">.*?</tr>', text, re.DOTALL)
    if row:
        found["user"] = f"{_text(row[0]).split()[-1]} kWh"
    return found


def _one(given: dict[str, str], name: str, path: str) -> str:
    if not given.get(name):
        raise NotShown(f"{path} does not show {name}")
    return given[name]


def _text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())
