"""Routes: which machines a message may be handed to. An endpoint is typed by a stranger, and may name our neighbours.

Every address of a name is looked at, and the connection goes to one that was: no second look-up can change it.
"""

import ipaddress
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any, Final

from app.domain.endpoints import Endpoint

# What `is_global` of some Python lets through, and what wraps an IPv4 address that another machine unwraps.
_NEVER: Final = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4's relay
        "198.18.0.0/15",
        "224.0.0.0/3",
        "2001::/23",  # Teredo, ORCHID and other special purposes
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)
_UNICAST: Final = ip_network("2000::/3")  # the rest of IPv6 is reserved, local, or NAT64's

Found = list[tuple[Any, ...]]
Resolver = Callable[[str, int], Found]


class Barred(OSError):
    """The name leads to a machine that is not the public internet's."""


def is_public(address: str) -> bool:
    """Say whether an address, as a resolver gives it, is some machine's on the public internet."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return is_public(str(found.ipv4_mapped))
        if found.scope_id or found not in _UNICAST:
            return False
    return found.is_global and not _is_special(found)


def _is_special(address: IPv4Address | IPv6Address) -> bool:
    return address.is_multicast or address.is_reserved or any(address in network for network in _NEVER)


def look_up(host: str, port: int) -> Found:
    """Ask the machine's resolver. The look-up keeps to the resolver's own limits."""
    return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def to(endpoint: Endpoint, resolve: Resolver = look_up) -> Found:
    """Return the addresses to connect to, as `getaddrinfo` has them; raise Barred where any is not public.

    Where the settings fix a service's address, that one is meant, and nobody is asked.
    """
    if endpoint.address:
        return [_fixed(endpoint)]
    found = resolve(endpoint.host, endpoint.port)
    if not found or not all(is_public(str(address[0])) for *_kind, address in found):
        raise Barred(f"{endpoint.host} does not lead to the public internet.")
    return found


def _fixed(endpoint: Endpoint) -> tuple[Any, ...]:
    if ipaddress.ip_address(endpoint.address).version == 4:
        return socket.AF_INET, socket.SOCK_STREAM, 0, "", (endpoint.address, endpoint.port)
    return socket.AF_INET6, socket.SOCK_STREAM, 0, "", (endpoint.address, endpoint.port, 0, 0)
