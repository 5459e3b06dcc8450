"""A mail server that takes every letter, keeps none and counts them: as little work as SMTP allows (RFC 5321)."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PATIENCE_S = 120.0
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
    one_letter: bytes = b""
    _done: threading.Event = field(default_factory=threading.Event)
    _one: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Wait until all letters that are wanted have come."""
        if not self._done.wait(PATIENCE_S):
            raise TimeoutError(f"{len(self.arrivals)} of {self.wanted} letters came within {PATIENCE_S:.0f} s.")

    def take(self, letter: bytes) -> None:
        """Count one letter."""
        with self._one:
            self.arrivals.append(time.perf_counter())
            if len(self.arrivals) == 1:
                self.one_letter, self.begun = letter, self.at_first()
            if len(self.arrivals) == self.wanted:
                self.ended = self.at_last()
                self._done.set()


@contextmanager
def serve(wanted: int, reading: Callable[[], float]) -> Iterator[Sink]:
    """Take letters on a loopback port; `reading` is asked at the first and at the last that is wanted."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sink = Sink(listener.getsockname()[1], reading, reading, wanted)
        threading.Thread(target=_welcome, args=(listener, sink), daemon=True).start()
        yield sink


def _welcome(listener: socket.socket, sink: Sink) -> None:
    while True:
        try:
            line, _from = listener.accept()
        except OSError:  # the listener was closed
            return
        threading.Thread(target=_talk, args=(line, sink), daemon=True).start()


def _talk(line: socket.socket, sink: Sink) -> None:
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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
