"""Addresses: each special kind by an example, and the standard library as a second opinion on all others."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.sources.addresses import SPECIAL, is_allowed

PUBLIC = ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.128.0.0", "2606:4700::1111", "2400::1"]
REFUSED = {
    "loopback": ["127.0.0.1", "127.255.255.254", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "fd00:ec2::254"],
    "link-local": ["169.254.169.254", "fe80::1", "fe80::1%1", "fe80::1%eth0"],
    "unspecified": ["0.0.0.0", "0.1.2.3", "::"],
    "multicast": ["224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1"],
    "reserved": ["240.0.0.1", "255.255.255.255", "192.0.0.192", "198.18.0.1", "4000::1", "100::1"],
    "documentation": ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
    "IPv4-mapped": ["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1"],
    "6to4": ["2002:7f00:1::", "2002:a00:1::1", "192.88.99.1"],
    "NAT64": ["64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1"],
    "Teredo": ["2001:0:53aa:64c:0:7fff:f5ff:fffe"],
    "site-local": ["fec0::1"],
    "hosts of clouds": ["168.63.129.16", "100.100.100.200"],
}


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address):
    assert is_allowed(address, ())


@pytest.mark.parametrize("address", [one for kind in REFUSED.values() for one in kind])
def test_every_special_kind_is_refused(address):
    assert not is_allowed(address, ())


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6, network="2000::/3") | st.ip_addresses(v=6))
def test_what_is_allowed_is_global_to_the_standard_library(address):
    if is_allowed(str(address), ()):
        assert address.is_global
        assert not (address.is_multicast or address.is_reserved or address.is_loopback)


@given(st.ip_addresses(v=4))
def test_an_ordinary_global_address_is_allowed(address):
    special = any(address in network for network in SPECIAL)
    assert is_allowed(str(address), ()) == (not special)
    if special:
        rare = address == IPv4Address("168.63.129.16") or address in ip_network("192.88.99.0/24")
        assert rare or address.is_multicast or not address.is_global or address in ip_network("192.0.0.0/24")


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_is_never_allowed(address, other):
    for held in (f"::ffff:{address}", f"64:ff9b::{address}", f"::{address}"):
        assert not is_allowed(held, (f"{other}/32", "10.0.0.0/8"))
    sixtofour = IPv6Address((0x2002 << 112) | (int(address) << 80))
    assert not is_allowed(str(sixtofour), ())


@given(st.ip_addresses())
def test_a_network_allows_its_own_addresses(address):
    assert is_allowed(str(address), (f"{address}/{address.max_prefixlen}",))


def test_a_network_allows_no_neighbour():
    assert is_allowed("10.1.2.3", ("10.1.0.0/16", "fd00::/8"))
    assert is_allowed("fd00::1", ("10.1.0.0/16", "fd00::/8"))
    assert not is_allowed("10.2.0.1", ("10.1.0.0/16", "fd00::/8"))
    assert not is_allowed("::ffff:10.1.2.3", ("10.1.0.0/16",))
