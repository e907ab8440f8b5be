"""Which addresses a source may have: public ones, and those in networks that the operator names."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network

# What IANA has given out of IPv6. Outside of it are loopback, private, link-local and multicast addresses,
# and those that hold an IPv4 one: mapped, compatible, NAT64.
PUBLIC_IPV6 = ip_network("2000::/3")
# The rest of IANA's registries of special addresses. A list of our own: `is_global` differs between releases
# of Python, and is true of multicast and NAT64.
SPECIAL = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this host
            "10.0.0.0/8",
            "100.64.0.0/10",  # behind a provider's NAT
            "127.0.0.0/8",
            "168.63.129.16/32",  # tells a virtual machine of Azure its secrets
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",  # 6to4
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",  # multicast, and reserved up to broadcast
            "2001::/23",  # Teredo, ORCHID, benchmarks
            "2001:db8::/32",
            "2002::/16",  # 6to4
            "3fff::/20",
        ),
    )
)


def is_allowed(address: str, networks: Iterable[str]) -> bool:
    """Tell whether a source may be asked at an address.

    Parameters
    ----------
    address : str
        As the socket is to be opened to it; no name.
    networks : iterable of str
        Allowed though they are not public.

    Returns
    -------
    bool
        Whether it is public or in one of them.
    """
    found = ip_address(address)
    if any(found in ip_network(network) for network in networks):
        return True
    if any(found in network for network in SPECIAL):
        return False
    return found.version == 4 or found in PUBLIC_IPV6
