"""Endpoints: the addresses at which push services take messages for one browser. Knows their shape, and opens none."""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from app.domain.refusals import Unfit
from app.words import N_

# Whose browsers there are. A beginning of "*." stands for any name below.
HOSTS: Final = (
    "fcm.googleapis.com",
    "android.googleapis.com",
    "updates.push.services.mozilla.com",
    "*.push.services.mozilla.com",
    "*.notify.windows.com",
    "*.push.apple.com",
)
LENGTH: Final = 1000
HTTPS: Final = 443
# Read by one strict pattern rather than a lenient parser: what another reader might take for user info, another host,
# a port or a fragment is no endpoint. Browsers hand out lower-case names without a port.
_SHAPE: Final = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([1-9][0-9]{0,4}))?(/[!\"$-\[\]-~]*)", re.ASCII)


class NotAnEndpoint(Unfit):
    message = N_("This browser's messages go through a service that we don't know, so we can't use it.")


class Endpoint(NamedTuple):
    """An endpoint that may be used: `address` where whoever runs this installation has fixed it, else "" ."""

    host: str
    port: int
    target: str
    address: str = ""

    @property
    def origin(self) -> str:
        """Return the service behind it as its `aud` claim has it (RFC 8292 §2)."""
        return f"https://{self.host}" if self.port == HTTPS else f"https://{self.host}:{self.port}"


class Service(NamedTuple):
    """A push service that the settings add: a host, or one host and port at a fixed address in one's own network."""

    host: str
    port: int = HTTPS
    address: str = ""


def read(url: str, more: Iterable[Service] = ()) -> Endpoint:
    """Return the endpoint that an address names if its service is known; raise NotAnEndpoint for any other.

    https on its own port, no user info, no fragment, a plain name from the list: no number, no final dot, no other
    alphabet. A service with a fixed address is meant by exactly its host and port.
    """
    found = _SHAPE.fullmatch(url) if len(url) <= LENGTH else None
    if found is None:
        raise NotAnEndpoint("endpoint")
    host, written_port, target = found.groups()
    port = int(written_port or HTTPS)
    for known in more:
        if known.address and (known.host, known.port) == (host, port):
            return Endpoint(host, port, target, known.address)
    names = (*HOSTS, *(known.host for known in more if not known.address))
    if written_port or not any(_is_named(host, name) for name in names):
        raise NotAnEndpoint("endpoint")
    return Endpoint(host, port, target)


def _is_named(host: str, name: str) -> bool:
    return host.endswith(name[1:]) if name.startswith("*.") else host == name
