"""How long to wait before a request is sent again."""

import random
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RETRIES = 3
FIRST_SECONDS = 1.0
# No wait has more digits, and float() would make infinity of hundreds.
MOST_DIGITS = 9
WHOLE = re.compile("[0-9]+", re.ASCII)


def pause_seconds(retry: int, retry_after: str, now: datetime) -> float:
    """Say how long to wait.

    Parameters
    ----------
    retry : int
        0 for the first.
    retry_after : str
        The header; empty if there is none.
    now : datetime
        With a zone.

    Returns
    -------
    float
        Seconds: doubled each time, a part of it left to chance lest all come back at once; more if the server
        asks for it.
    """
    own = FIRST_SECONDS * 2**retry * random.uniform(0.5, 1)  # noqa: S311 - no secret
    return max(own, asked_seconds(retry_after, now))


def asked_seconds(retry_after: str, now: datetime) -> float:
    """Read Retry-After: seconds or a date; 0 where it is neither."""
    if WHOLE.fullmatch(retry_after):
        return float(retry_after if len(retry_after) <= MOST_DIGITS else "9" * MOST_DIGITS)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, IndexError, OverflowError):
        return 0.0
    # Without a zone it is of UTC: HTTP knows no other.
    return max(0.0, ((until if until.tzinfo else until.replace(tzinfo=UTC)) - now).total_seconds())
