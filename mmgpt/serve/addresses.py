"""Which addresses pictures may be fetched from: public ones, and nothing that leads back inside in disguise.

`ipaddress` alone does not answer this: it calls multicast, NAT64 and 6to4 addresses global, and carrier-grade NAT not private.
"""

from __future__ import annotations

import ipaddress

# Wrappings of IPv4 in IPv6, whose gateway would send the packet to the IPv4 address inside, and other nets that no public server is in.
_REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local: clouds answer with credentials there
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",  # multicast, reserved, broadcast
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "2001::/23",  # Teredo, ORCHID and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)
_PUBLIC6 = ipaddress.ip_network("2000::/3")


def is_public(address: str) -> bool:
    """Whether a picture may be fetched from this address, given as numbers (IPv4 or IPv6)."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return is_public(str(found.ipv4_mapped))
        if found not in _PUBLIC6:
            return False
    if any(found.version == net.version and found in net for net in _REFUSED):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved and not found.is_unspecified
