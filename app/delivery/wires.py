"""Sockets that keep to one deadline, so that no mail server can stall or drip-feed its way past it."""

import socket
import ssl
import time
from typing import Any, Final

SILENCE: Final = 30.0
TOTAL: Final = 60.0
CONNECT: Final = 10.0


class Deadline:
    """How long a talk may still take, whatever the other side does in between."""

    def __init__(self) -> None:
        self._ends = 0.0

    def start(self) -> None:
        """Begin a talk of at most 60 s."""
        self._ends = time.monotonic() + TOTAL

    def left(self) -> float:
        """Return the seconds until the talk must be over, at most 30; raise TimeoutError when it is."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("The other side took too long.")
        return min(left, SILENCE)


class Wire(socket.socket):
    """A socket that looks at its deadline at each read and write."""

    deadline: Deadline

    def recv_into(self, *args: Any) -> int:
        """Read, within what is left."""
        self.settimeout(self.deadline.left())
        return super().recv_into(*args)

    def sendall(self, *args: Any) -> None:
        """Write everything, within what is left."""
        self.settimeout(self.deadline.left())
        super().sendall(*args)


class SecureWire(ssl.SSLSocket):
    """The same over TLS, whose `sendall` is many sends."""

    deadline: Deadline

    def recv_into(self, *args: Any) -> int:
        """Read, within what is left."""
        self.settimeout(self.deadline.left())
        return super().recv_into(*args)

    def send(self, *args: Any) -> int:
        """Write, within what is left."""
        self.settimeout(self.deadline.left())
        return super().send(*args)


def dial(host: str, port: int, deadline: Deadline) -> Wire:
    """Connect to the first of the host's addresses that answers; raise the last OSError if none does.

    The look-up of the name keeps to the resolver's own limits.
    """
    failure = OSError(f"{host} has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        wire = Wire(family, kind, protocol)
        wire.deadline = deadline
        try:
            wire.settimeout(min(deadline.left(), CONNECT))
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
