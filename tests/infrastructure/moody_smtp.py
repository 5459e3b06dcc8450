"""A mail server that goes wrong once, at one place of the talk and in one way, and is itself again from then on."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Final

PLACES: Final = ("greeting", "ehlo", "auth", "mail", "rcpt", "rset", "data", "body", "dot", "next letter")
LATER, NEVER, CUT, SILENCE, DRIP = FAULTS = ("4xx", "5xx", "cut", "silence", "drip")
SAID: Final = {LATER: b"451 4.3.0 later\r\n", NEVER: b"554 5.7.1 never\r\n"}
VERBS: Final = {b"EHLO": "ehlo", b"AUTH": "auth", b"MAIL": "mail", b"RCPT": "rcpt", b"RSET": "rset", b"DATA": "data"}
USUAL: Final = {
    "greeting": b"220 moody\r\n",
    "ehlo": b"250-moody\r\n250 AUTH PLAIN\r\n",
    "auth": b"235 in\r\n",
    "data": b"354 go on\r\n",
}
DRIPS_EVERY_S: Final = 0.02


class _HungUp(Exception):
    """The talk is over."""


@dataclass
class Moody:
    """The server, seen from a test: what it took, by recipient, and how often it went wrong."""

    place: str
    fault: str
    port: int = 0
    copies: dict[str, list[bytes]] = field(default_factory=dict)
    wrong: int = 0
    _refused: bool = False

    @property
    def url(self) -> str:
        """Return its address as SMTP_URL has it."""
        return f"smtp://marmalade:secret@localhost:{self.port}"

    @property
    def falls_silent_next(self) -> bool:
        """Say whether the next that it goes wrong at is to say nothing, or almost nothing, for ever."""
        reached = {"rset": self._refused, "next letter": bool(self.copies)}
        return self.fault in (SILENCE, DRIP) and not self.wrong and reached.get(self.place, True)

    def talk(self, line: socket.socket) -> None:
        """Serve one connection."""
        with line, line.makefile("rb") as said:
            try:
                self._serve(line, said)
            except (_HungUp, OSError):
                return

    def _serve(self, line: socket.socket, said: BufferedReader) -> None:
        letters, to = 0, ""
        self._say(line, "greeting")
        for words in said:
            place = VERBS.get(words[:4].upper(), "")
            if place == "mail" and letters:
                place = "next letter"
            if place == "rcpt":
                to = words.partition(b"<")[2].partition(b">")[0].decode()
                if self.place == "rset" and not self._refused:
                    self._refused = True
                    line.sendall(SAID[LATER])
                    continue
            if self._say(line, place) and place == "data":
                self._take(line, said, to)
                letters += 1

    def _take(self, line: socket.socket, said: BufferedReader, to: str) -> None:
        lines = [said.readline()]
        goes_wrong = self.place == "body" and self._goes_wrong()
        if goes_wrong and not (answers := self.fault in SAID):
            self._do(line, b"")
        for heard in said:
            if heard == b".\r\n":
                break
            lines.append(heard)
        else:
            raise _HungUp
        if goes_wrong and answers:
            line.sendall(SAID[self.fault])
            return
        wrong_now = self.place == "dot" and not self.wrong
        if not wrong_now or self.fault not in SAID:  # the worst: it has the letter, and does not get to say so
            self.copies.setdefault(to, []).append(b"".join(lines))
        self._say(line, "dot")

    def _say(self, line: socket.socket, place: str) -> bool:
        """Answer; say whether as usual."""
        usual = USUAL.get(place, b"250 ok\r\n")
        if place == self.place and self._goes_wrong():
            self._do(line, usual)
            return False
        line.sendall(usual)
        return True

    def _goes_wrong(self) -> bool:
        self.wrong += 1
        return self.wrong == 1

    def _do(self, line: socket.socket, usual: bytes) -> None:
        if self.fault in SAID:
            line.sendall(SAID[self.fault])
            return
        if self.fault == CUT:
            raise _HungUp
        line.settimeout(DRIPS_EVERY_S)
        while True:
            if self.fault == DRIP:
                line.sendall(usual[:1] or b"2")
            try:
                if not line.recv(65_536):
                    raise _HungUp
            except TimeoutError:
                continue


@contextmanager
def serve(place: str, fault: str) -> Iterator[Moody]:
    """Run the server until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        moody = Moody(place, fault, listener.getsockname()[1])

        def welcome() -> None:
            while True:
                try:
                    line, _from = listener.accept()
                except OSError:
                    return
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=moody.talk, args=(line,), daemon=True).start()

        welcoming = threading.Thread(target=welcome, daemon=True)
        welcoming.start()
        try:
            yield moody
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            welcoming.join()
