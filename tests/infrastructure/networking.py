"""Finds ports to listen on, and lets no test reach another machine."""

import contextlib
import ipaddress
import random
import socket
import sys
import traceback
from collections.abc import Iterator
from functools import cache
from typing import Any

# Above this the kernel hands out the ports of outgoing connections, which may take ours between two looks.
LOWEST, HIGHEST = 20_000, 32_767
_HERE = {"localhost", "ip6-localhost", ""}

_attempts: list[str] = []
_guards: list[str] = []


class WorldReached(BaseException):
    """A test tried to reach another machine. Not an Exception, so that no `except` takes it for a fault."""


def free_port() -> int:
    """Return a loopback port that nobody listens on, below the range of outgoing connections."""
    for port in random.Random().sample(range(LOWEST, HIGHEST), 200):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"No free port between {LOWEST} and {HIGHEST}: is something else taking them all?")


@contextlib.contextmanager
def loopback_only() -> Iterator[list[str]]:
    """Refuse every look-up and connection that leaves this machine, and yield the list of those refused.

    Python's audit events (PEP 578) are what is watched: they come before the socket is used, whoever uses it.
    """
    _watch_from_now_on()
    _attempts.clear()
    _guards.append("here")
    try:
        yield _attempts
    finally:
        _guards.pop()


@cache
def _watch_from_now_on() -> None:
    sys.addaudithook(_watch)  # there is no way to remove one


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if not _guards or not event.startswith("socket."):
        return
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        family, address = arguments[0].family, arguments[1]
        if family not in (socket.AF_INET, socket.AF_INET6) or address is None:
            return
        host = address[0]
    else:
        return
    if not _is_here(host):
        where = "".join(traceback.format_stack(limit=8)[:-1])
        _attempts.append(f"{event} {host}\n{where}")
        raise WorldReached(f"A test may only reach this machine, not {host}.")


def _is_here(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host or ""
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name in _HERE
    return address.is_loopback or address.is_unspecified
