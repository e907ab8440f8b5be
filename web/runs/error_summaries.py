"""Why a run failed or was refused, in the language of the page; what others read of it stays English."""

from flask_babel import get_translations

from etl.runs.in_words import in_words


def translated(summary: str) -> str:
    """Say an error summary in the reader's language.

    Parameters
    ----------
    summary : str
        As the history has it; what is not known stays English.
    """
    return in_words(summary, get_translations())
