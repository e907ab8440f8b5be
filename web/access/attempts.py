"""How often somebody may try to sign in, counted in the database: for all workers and machines together.

Only failures count. An address has a limit, and so has an account, whatever addresses its failures come from;
but where an account has signed in of late it is not shut out by what strangers do.
"""

import ipaddress
from datetime import timedelta

from web.access.accounts import NAME
from web.data.database import Database

SPAN = timedelta(minutes=15)
MOST_OF_NETWORK = 10
MOST_OF_NAME = 30
# What a customer of a provider usually gets: each of its addresses is the same somebody's.
IPV6_PREFIX = 64


class TooOften(Exception):
    """A limit refuses the attempt: that of the `address` or of the `account`, for so many `seconds`."""

    def __init__(self, limit: str, seconds: int) -> None:
        super().__init__(limit)
        self.limit, self.seconds = limit, seconds


def begin(database: Database, name: str, address: str | None) -> int:
    """Count an attempt as failed, until it turns out otherwise.

    Parameters
    ----------
    database : Database
        That counts.
    name : str
        Whatever was typed in.
    address : str or None
        From which it comes.

    Returns
    -------
    int
        The number of the attempt.

    Raises
    ------
    TooOften
        If it may not be made.
    """
    attempt, refused_by, seconds = database.change(
        "sign_in/begin",
        account_name=name if NAME.fullmatch(name) else None,
        network=network(address),
        most_of_network=MOST_OF_NETWORK,
        most_of_name=MOST_OF_NAME,
        span=SPAN,
    )
    if refused_by:
        raise TooOften(refused_by, max(1, seconds))
    return attempt


def network(address: str | None) -> str:
    """Give what is counted together: an address of IPv4, the first 64 bits of one of IPv6.

    Parameters
    ----------
    address : str or None
        As the server knows it; none at a unix socket.

    Examples
    --------
    >>> [network(one) for one in ("203.0.113.9", "2001:db8:1:2:3::4", "::ffff:203.0.113.9", None)]
    ['203.0.113.9', '2001:db8:1:2::/64', '203.0.113.9', '']
    """
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    # Without its zone, which is a name on the machine that it was seen from.
    return str(ipaddress.IPv6Network((int(found), IPV6_PREFIX), strict=False))
