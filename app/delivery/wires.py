"""Sockets that keep to one deadline, so that no server can stall, drip-feed or flood its way past it."""

import socket
import ssl
import time
from collections.abc import Iterable
from typing import Any, Final

SILENCE: Final = 30.0
TOTAL: Final = 60.0
CONNECT: Final = 10.0


class Flooded(OSError):
    """The other side said more than anybody asked for."""


class Deadline:
    """How long a talk may still take and how much be said, whatever the other side does in between.

    `total` and `silence` in seconds, as `connect` for each address tried; `most` in bytes, if it is given.
    """

    def __init__(
        self, total: float = TOTAL, silence: float = SILENCE, connect: float = CONNECT, most: int | None = None
    ) -> None:
        self._total, self._silence, self.connect, self._most = total, silence, connect, most
        self._ends, self._heard = 0.0, 0

    def start(self) -> None:
        """Begin a talk."""
        self._ends, self._heard = time.monotonic() + self._total, 0

    def left(self) -> float:
        """Return the seconds until the talk must be over, or silence is too long; raise TimeoutError when it is."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("The other side took too long.")
        return min(left, self._silence)

    def room(self, wanted: int) -> int:
        """Return how many more bytes may be heard, of as many as are wanted; raise Flooded when there is no room."""
        if self._most is None:
            return wanted
        if self._heard >= self._most:
            raise Flooded("The other side said too much.")
        return min(wanted, self._most - self._heard)

    def heard(self, count: int) -> int:
        """Note that so many bytes came."""
        self._heard += count
        return count


class Wire(socket.socket):
    """A socket that looks at its deadline at each read and write."""

    deadline: Deadline

    def recv_into(self, buffer: Any, nbytes: int | None = 0, *args: Any) -> int:
        """Read, within what is left."""
        self.settimeout(self.deadline.left())
        return self.deadline.heard(super().recv_into(buffer, self.deadline.room(nbytes or len(buffer)), *args))

    def sendall(self, *args: Any) -> None:
        """Write everything, within what is left."""
        self.settimeout(self.deadline.left())
        super().sendall(*args)


class SecureWire(ssl.SSLSocket):
    """The same over TLS, whose `sendall` is many sends."""

    deadline: Deadline

    def recv_into(self, buffer: Any, nbytes: int | None = None, *args: Any) -> int:
        """Read, within what is left."""
        self.settimeout(self.deadline.left())
        return self.deadline.heard(super().recv_into(buffer, self.deadline.room(nbytes or len(buffer)), *args))

    def send(self, *args: Any) -> int:
        """Write, within what is left."""
        self.settimeout(self.deadline.left())
        return super().send(*args)


def dial(host: str, port: int, deadline: Deadline) -> Wire:
    """Connect to the first of the host's addresses that answers; raise the last OSError if none does.

    The look-up of the name keeps to the resolver's own limits.
    """
    return reach(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), deadline)


def reach(addresses: Iterable[tuple[Any, ...]], deadline: Deadline) -> Wire:
    """Connect to the first of these addresses, as `getaddrinfo` has them, that answers; raise the last OSError."""
    failure = OSError("There is no address to connect to.")
    for family, kind, protocol, _, address in addresses:
        wire = Wire(family, kind, protocol)
        wire.deadline = deadline
        try:
            wire.settimeout(min(deadline.left(), deadline.connect))
            wire.connect(address)
            # The dot is a small packet after a large one: Nagle and delayed ACK would hold it for 40 ms, and
            # a kill in those 40 ms is a letter sent twice.
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as no:
            wire.close()
            failure = no
        else:
            return wire
    raise failure


def trust(ca_file: str | None = None) -> ssl.SSLContext:
    """Return a context that verifies the server's name and certificate, and makes secure wires."""
    context = ssl.create_default_context(cafile=ca_file)
    context.sslsocket_class = SecureWire
    return context


def secure(plain: socket.socket, context: ssl.SSLContext, host: str, deadline: Deadline) -> SecureWire:
    """Turn an open wire to TLS, within what is left."""
    plain.settimeout(deadline.left())
    wire = context.wrap_socket(plain, server_hostname=host)
    if not isinstance(wire, SecureWire):
        raise TypeError("The context was not made by `trust`.")
    wire.deadline = deadline
    return wire
