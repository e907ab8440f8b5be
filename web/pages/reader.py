"""Values of a URL taken one by one and checked: a bad one is refused by name, never guessed."""

import re
from collections.abc import Collection
from datetime import date

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from web.data.filters import LARGEST_ID
from web.http.problems import BadParameter

# Other forms that Python reads, such as 2026-W15-3, are no dates to a person.
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Reader:
    """Takes parameters one by one; `done` refuses what nobody asked for.

    Parameters
    ----------
    arguments : MultiDict
        Names and values; an empty value is as good as none.
    """

    def __init__(self, arguments: MultiDict[str, str]) -> None:
        self._left = dict(arguments.lists())

    def text(self, name: str) -> str | None:
        """Take a text; None if it is not given.

        Parameters
        ----------
        name : str
            Of the parameter.

        Raises
        ------
        BadParameter
            If it is given twice or holds a NUL.
        """
        values = [value.strip(" ") for value in self._left.pop(name, [])]
        if len(values) > 1:
            raise BadParameter(name, ", ".join(values), _("give it once"))
        if values and "\0" in values[0]:
            raise BadParameter(name, values[0], _("it holds a character that no name has"))
        return values[0] if values and values[0] else None

    def date(self, name: str) -> date | None:
        """Take a date.

        Parameters
        ----------
        name : str
            Of the parameter.

        Raises
        ------
        BadParameter
            If it is not YYYY-MM-DD.
        """
        text = self.text(name)
        if text is None:
            return None
        try:
            if not DATE.fullmatch(text):
                raise ValueError
            return date.fromisoformat(text)
        except ValueError:
            raise BadParameter(name, text, _("write a date like 2026-04-01")) from None

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        """Take one of `allowed`.

        Parameters
        ----------
        name : str
            Of the parameter.
        allowed : collection of str
            Its values.

        Raises
        ------
        BadParameter
            If it is another value.
        """
        text = self.text(name)
        if text is not None and not allowed:
            raise BadParameter(name, text, _("there is none yet"))
        if text is not None and text not in allowed:
            raise BadParameter(name, text, _("choose one of: %(names)s", names=", ".join(allowed)))
        return text

    def digits(self, name: str) -> str | None:
        """Take the beginning of a user id.

        Parameters
        ----------
        name : str
            Of the parameter.

        Raises
        ------
        BadParameter
            If no id begins so.
        """
        text = self.text(name)
        if text is None:
            return None
        if not whole(text) or text.startswith("0"):
            raise BadParameter(name, text, _("write the first digits of a user id"))
        return text

    def done(self) -> None:
        """Refuse what is left: a misspelt filter must not look like an answer.

        Raises
        ------
        BadParameter
            Naming the first that nobody took.
        """
        for name, values in self._left.items():
            raise BadParameter(name, ", ".join(values), _("there is no such parameter here"))


def whole(text: str) -> int | None:
    """Read a user id; None if it cannot be one.

    Examples
    --------
    >>> whole("17"), whole("0"), whole("9" * 5000), whole("1e3")
    (17, None, None, None)
    """
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID))):
        return None
    return int(text) if 0 < int(text) <= LARGEST_ID else None
