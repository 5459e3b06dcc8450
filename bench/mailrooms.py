"""A mail server with bad days: it refuses some letters for now, loses some of its answers, and is away for a while.

Every letter that it took is counted by whom it is to, with what makes it the same letter or another one.
"""

import hashlib
import random
import re
import socket
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, NamedTuple

_ANSWERS: Final = {b"EHLO": b"250 mailroom\r\n", b"QUIT": b"221 bye\r\n"}
_HEADER: Final = re.compile(rb"(?im)^(message-id|date): *(.+?)\r?$")
KEY: Final = "Idempotency-Key"


@dataclass(frozen=True)
class Habits:
    """How often, of a hundred, it refuses a recipient for now, and takes a letter without saying so."""

    later: float = 5.0
    unanswered: float = 3.0
    knows_keys: bool = False  # honours an idempotency header: the same key again is taken, and not delivered


class Copy(NamedTuple):
    """What one copy of a letter was like: a later one should be the same."""

    message_id: bytes
    date: bytes
    digest: bytes


@dataclass
class Mailroom:
    """The server, seen from outside."""

    habits: Habits
    chance: random.Random
    port: int = 0
    copies: dict[str, list[Copy]] = field(default_factory=lambda: defaultdict(list))
    refused: int = 0
    unanswered: int = 0
    cut: int = 0  # how many lines on which a letter had come ended without goodbye, whoever ended them
    keys: Counter[bytes] = field(default_factory=Counter)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _listener: socket.socket | None = None
    _lines: dict[socket.socket, bool] = field(default_factory=dict)  # and whether a letter has come on it

    @property
    def taken(self) -> int:
        """Return how many people have their letter."""
        return len(self.copies)

    def wait_for(self, people: int, seconds: float) -> bool:
        """Wait until so many people have their letter, and say whether they have."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.copies) >= people, seconds)

    def open(self) -> None:
        """Listen, on the same port each time."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._welcome, args=(self._listener,), daemon=True).start()

    def shut(self) -> None:
        """Be away: nobody is answered, and whoever is talking is cut off."""
        if self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        with self._changed:
            lines, self._listener = list(self._lines), None
        for line in lines:
            _cut(line)

    def _welcome(self, listener: socket.socket) -> None:
        while True:
            try:
                line, _from = listener.accept()
            except OSError:  # it was shut
                return
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with self._changed:
            self._lines[line] = False
        goodbye = False
        try:
            with line, line.makefile("rb") as said:
                goodbye = self._answer(line, said)
        except OSError:  # whoever was there has been killed, or was cut off
            return
        finally:
            with self._changed:
                self.cut += self._lines.pop(line) and not goodbye

    def _answer(self, line: socket.socket, said: Iterator[bytes]) -> bool:
        """Answer until it ends; say whether it ended with goodbye."""
        line.sendall(b"220 mailroom\r\n")
        to = ""
        for words in said:
            verb = words[:4].upper()
            if verb == b"RCPT":
                to = words.partition(b"<")[2].partition(b">")[0].decode()
                if self._happens(self.habits.later):
                    self.refused += 1
                    line.sendall(b"451 4.3.0 Try again later\r\n")
                    continue
            elif verb == b"DATA":
                line.sendall(b"354 go on\r\n")
                if not self._take(line, to, said):
                    return False
            line.sendall(_ANSWERS.get(verb, b"250 ok\r\n"))
            if verb == b"QUIT":
                return True
        return False

    def _take(self, line: socket.socket, to: str, said: Iterator[bytes]) -> bool:
        """Take a letter if all of it comes; say whether to answer."""
        lines = []
        for heard in said:
            if heard == b".\r\n":
                break
            lines.append(heard)
        else:
            return False  # hung up before the dot: nothing was sent
        self._lines[line] = True
        self._keep(to, b"".join(lines))
        if not self._happens(self.habits.unanswered):
            return True
        self.unanswered += 1
        return False

    def _keep(self, to: str, letter: bytes) -> None:
        head, _blank, body = letter.partition(b"\r\n\r\n")
        found = {name.lower(): value for name, value in _HEADER.findall(head)}
        with self._changed:
            if self.habits.knows_keys and (key := _key_of(head)):
                self.keys[key] += 1
                if self.keys[key] > 1:
                    return
            digest = hashlib.sha256(head + body).digest()
            self.copies[to].append(Copy(found.get(b"message-id", b""), found.get(b"date", b""), digest))
            self._changed.notify_all()

    def _happens(self, in_a_hundred: float) -> bool:
        with self._changed:
            return self.chance.uniform(0, 100) < in_a_hundred


def _key_of(head: bytes) -> bytes:
    found = re.search(rb"(?im)^" + KEY.encode() + rb": *(.+?)\r?$", head)
    return found.group(1) if found else b""


def _cut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:  # it was over already
        return


@contextmanager
def opened(habits: Habits, seed: int) -> Iterator[Mailroom]:
    """Open a mailroom until the block ends."""
    room = Mailroom(habits, random.Random(seed))
    room.open()
    try:
        yield room
    finally:
        room.shut()
