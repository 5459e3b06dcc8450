"""A mail server and a push service that take everything, keep nothing and count: as little work as can be.

RFC 5321 and RFC 8030 allow no less.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PATIENCE_S, SLOWEST = 120.0, 20  # a second
_TAKEN = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"
_ANSWERS = {b"EHLO": b"250 sink\r\n", b"DATA": b"354 go on\r\n", b"QUIT": b"221 bye\r\n"}


@dataclass
class Sink:
    """The server, seen from outside: when each letter came, and what `at_first` told when the first one did."""

    port: int
    at_first: Callable[[], float]
    at_last: Callable[[], float]
    wanted: int
    arrivals: list[float] = field(default_factory=list)
    begun: float = 0.0
    ended: float = 0.0
    one: bytes = b""
    _done: threading.Event = field(default_factory=threading.Event)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Wait until all that are wanted have come; the more, the longer."""
        patience = max(PATIENCE_S, self.wanted / SLOWEST)
        if not self._done.wait(patience):
            raise TimeoutError(f"{len(self.arrivals)} of {self.wanted} came within {patience:.0f} s.")

    def take(self, letter: bytes) -> None:
        """Count one letter."""
        with self._turn:
            self.arrivals.append(time.perf_counter())
            if len(self.arrivals) == 1:
                self.one, self.begun = letter, self.at_first()
            if len(self.arrivals) == self.wanted:
                self.ended = self.at_last()
                self._done.set()


@contextmanager
def serve(wanted: int, reading: Callable[[], float], tls: ssl.SSLContext | None = None) -> Iterator[Sink]:
    """Take letters, or with `tls` messages, on a loopback port; `reading` is asked at the first and at the last."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sink = Sink(listener.getsockname()[1], reading, reading, wanted)
        threading.Thread(target=_welcome, args=(listener, sink, tls), daemon=True).start()
        yield sink


def _welcome(listener: socket.socket, sink: Sink, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            line, _from = listener.accept()
        except OSError:  # the listener was closed
            return
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        talk = (_take_letters, line) if tls is None else (_take_messages, tls.wrap_socket(line, server_side=True))
        threading.Thread(target=talk[0], args=(talk[1], sink), daemon=True).start()


def _take_messages(line: socket.socket, sink: Sink) -> None:
    with suppress(OSError), line, line.makefile("rb") as said:  # a worker that ends says no goodbye
        while said.readline():
            head = [*iter(said.readline, b"\r\n")]
            length = next(int(one.split(b":")[1]) for one in head if one.lower().startswith(b"content-length:"))
            sink.take(said.read(length))
            line.sendall(_TAKEN)


def _take_letters(line: socket.socket, sink: Sink) -> None:
    with suppress(ConnectionError), line, line.makefile("rb") as said:  # a worker that ends says no goodbye
        line.sendall(b"220 sink\r\n")
        for words in said:
            verb = words[:4].upper()
            line.sendall(_ANSWERS.get(verb, b"250 ok\r\n"))
            if verb == b"DATA":
                sink.take(b"".join(iter(said.readline, b".\r\n")))
                line.sendall(b"250 taken\r\n")
            elif verb == b"QUIT":
                return
